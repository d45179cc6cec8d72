export const NODE_FLAGS: readonly string[];
export const COMPILE_CACHE: string;
