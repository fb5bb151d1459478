import { luaScript } from '../../redis/lua.ts';

/** Puts a gate into the mode of an activation and its watch on record. */
export const ACTIVATE = luaScript('portcullisActivate', new URL('./activate.lua', import.meta.url));

/** Ends the watch of an activation, once. */
export const END = luaScript('portcullisActivationEnd', new URL('./end.lua', import.meta.url));

/** Notes how far a watch has looked, while it goes on. */
export const LOOKED = luaScript('portcullisLooked', new URL('./looked.lua', import.meta.url));
