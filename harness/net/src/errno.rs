//! The names of error numbers, as errno(3) and the man pages of the calls write them.

macro_rules! names {
    ($($name:ident)*) => {
        /// The errors of every Unix.
        const COMMON: &[(i32, &str)] = &[$((libc::$name, stringify!($name))),*];
    };
}

macro_rules! linux_names {
    ($($name:ident)*) => {
        /// The errors that Linux alone has.
        #[cfg(target_os = "linux")]
        const LINUX: &[(i32, &str)] = &[$((libc::$name, stringify!($name))),*];
    };
}

names! {
    EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT
    ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG
    ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY
    ELOOP ENOMSG EIDRM EPROTO EBADMSG EOVERFLOW EILSEQ EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE
    EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT
    EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS
    EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH
    EALREADY EINPROGRESS ESTALE EDQUOT ECANCELED EOWNERDEAD ENOTRECOVERABLE EREMOTE
}

linux_names! {
    ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG ENOLINK EADV ESRMNT ECOMM EMULTIHOP EDOTDOT ENOTUNIQ
    EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC ERESTART ESTRPIPE EUCLEAN ENOTNAM
    ENAVAIL EISNAM EREMOTEIO ENOMEDIUM EMEDIUMTYPE ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED
    ERFKILL EHWPOISON ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR
    EXFULL ENOANO EBADRQC EBADSLT EBFONT
}

#[cfg(not(target_os = "linux"))]
const LINUX: &[(i32, &str)] = &[];

/// Other names of the same numbers on Linux.
const ALIASES: &[(&str, i32)] = &[
    ("EWOULDBLOCK", libc::EWOULDBLOCK),
    ("ENOTSUP", libc::ENOTSUP),
    #[cfg(target_os = "linux")]
    ("EDEADLOCK", libc::EDEADLOCK),
];

/// The name of an error number of this system, such as `ECONNREFUSED`. `None` for a number that
/// errno(3) does not list.
pub fn errno_name(number: i32) -> Option<&'static str> {
    COMMON
        .iter()
        .chain(LINUX)
        .find(|(n, _)| *n == number)
        .map(|(_, name)| *name)
}

/// The number of an error on this system from its name, such as `ECONNREFUSED`. Aliases
/// (`EWOULDBLOCK`) are known too.
pub fn errno_from_name(name: &str) -> Option<i32> {
    COMMON
        .iter()
        .chain(LINUX)
        .map(|(n, known)| (*known, *n))
        .chain(ALIASES.iter().copied())
        .find(|(known, _)| *known == name)
        .map(|(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_go_both_ways() {
        for (number, name) in COMMON.iter().chain(LINUX) {
            assert_eq!(errno_from_name(name), Some(*number));
            assert_eq!(errno_name(*number), Some(*name), "{number} has two names");
        }
        assert_eq!(errno_from_name("EWOULDBLOCK"), Some(libc::EWOULDBLOCK));
        assert_eq!(errno_from_name("ENOSUCHNAME"), None);
        assert_eq!(errno_name(0), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_number_of_linux_is_missing() {
        // errno(3): 1 to 133; 41 and 58 are not used.
        let missing: Vec<i32> = (1..=133)
            .filter(|n| ![41, 58].contains(n) && errno_name(*n).is_none())
            .collect();
        assert_eq!(missing, Vec::<i32>::new());
    }
}
