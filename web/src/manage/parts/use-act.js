// One act at a time, with what went wrong. Its button is marked as disabled meanwhile, and keeps the focus.

import { useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../../api/client.js';
import { text } from '../../texts/texts.js';

/** What is said of an error. @param {unknown} error */
export function messageOf(error) {
  return error instanceof ApiProblem ? error.message : text('app.unreachable_now');
}

/** @returns {{ isBusy: boolean, fault: string, act: (carryOut: () => Promise<unknown>) => Promise<boolean> }} where `act` answers whether it went well */
export function useAct() {
  const [isBusy, setBusy] = useState(false);
  const isUnderWay = useRef(false);
  const [fault, setFault] = useState('');
  /** @param {() => Promise<unknown>} carryOut */
  const act = async (carryOut) => {
    if (isUnderWay.current) return false;
    isUnderWay.current = true;
    setBusy(true);
    setFault('');
    try {
      await carryOut();
      return true;
    } catch (error) {
      setFault(messageOf(error));
      return false;
    } finally {
      isUnderWay.current = false;
      setBusy(false);
    }
  };
  return { isBusy, fault, act };
}
