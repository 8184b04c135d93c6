// Files that esbuild takes and TypeScript does not know.
declare module '*.css';
