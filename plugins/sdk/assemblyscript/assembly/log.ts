import { log } from "./contract";

function write(level: i32, line: string): void {
  const text = String.UTF8.encode(line);
  log(level, changetype<usize>(text), text.byteLength);
}

export function trace(line: string): void {
  write(0, line);
}

export function debug(line: string): void {
  write(1, line);
}

export function info(line: string): void {
  write(2, line);
}

export function warn(line: string): void {
  write(3, line);
}

export function error(line: string): void {
  write(4, line);
}

// The compiler calls abort where the function cannot go on, as at a throw. asconfig.json names it.
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const text = message == null ? "abort" : message;
  const place = file == null ? "" : ` at ${file}:${line}:${column}`;
  write(4, text + place);
  unreachable();
}
