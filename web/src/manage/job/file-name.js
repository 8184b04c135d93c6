/** A file name made of a title: what some system takes no file under is left out. @param {string} title @param {string} ending */
export function fileName(title, ending) {
  const plain = title.replace(/[\\/:*?"<>|\p{C}]+/gu, ' ').replace(/\s+/g, ' ').replace(/^[. ]+|[. ]+$/g, '').slice(0, 100);
  return `${plain || 'swath'}.${ending}`;
}
