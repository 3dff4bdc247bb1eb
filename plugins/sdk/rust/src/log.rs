use crate::guest;

/// How serious a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// Writes a line to the function's log, where what it prints goes at level info.
pub fn log(level: Level, line: &str) {
    guest::log(level as i32, line)
}
