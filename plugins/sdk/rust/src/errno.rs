use std::fmt;

/// Why the host did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errno {
    /// Malformed arguments, or not at this time.
    Invalid,
    /// The function was not granted this.
    Denied,
    NotFound,
    TooBig,
    TimedOut,
    /// May be tried again.
    Failed,
    /// Somebody else changed it first.
    Conflict,
    /// Over a limit of count or rate.
    Limit,
    /// The host has no such operation.
    Unknown,
}

impl Errno {
    /// What a negative result of an import means.
    pub(crate) fn from(result: i32) -> Errno {
        match result {
            -2 => Errno::Invalid,
            -3 => Errno::Denied,
            -4 => Errno::NotFound,
            -5 => Errno::TooBig,
            -6 => Errno::TimedOut,
            -8 => Errno::Conflict,
            -9 => Errno::Limit,
            -10 => Errno::Unknown,
            _ => Errno::Failed,
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Errno::Invalid => "invalid argument",
            Errno::Denied => "not granted to this function",
            Errno::NotFound => "not found",
            Errno::TooBig => "too big",
            Errno::TimedOut => "timed out",
            Errno::Failed => "failed, try again",
            Errno::Conflict => "changed by somebody else",
            Errno::Limit => "over a limit",
            Errno::Unknown => "unknown operation",
        })
    }
}

impl std::error::Error for Errno {}
