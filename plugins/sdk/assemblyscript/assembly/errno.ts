// Why the host did not do what it was asked.
export enum Errno {
  Ok = 0,
  Invalid = -2, // malformed arguments, or not at this time
  Denied = -3, // the function was not granted this
  NotFound = -4,
  TooBig = -5,
  TimedOut = -6,
  Failed = -7, // may be tried again
  Conflict = -8, // somebody else changed it first
  Limit = -9, // over a limit of count or rate
  Unknown = -10, // no such operation
}

export function errorText(errno: i32): string {
  switch (errno) {
    case Errno.Ok:
      return "ok";
    case Errno.Invalid:
      return "invalid argument";
    case Errno.Denied:
      return "not granted to this function";
    case Errno.NotFound:
      return "not found";
    case Errno.TooBig:
      return "too big";
    case Errno.TimedOut:
      return "timed out";
    case Errno.Failed:
      return "failed, try again";
    case Errno.Conflict:
      return "changed by somebody else";
    case Errno.Limit:
      return "over a limit";
    case Errno.Unknown:
      return "unknown operation";
    default:
      return "unknown error";
  }
}
