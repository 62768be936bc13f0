/** What only works where there is an operating system: in Node, Deno and Bun. */
export { save } from "./disk.js";
export { socketFetch } from "./socket.js";
