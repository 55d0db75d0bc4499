//! Kernel packages: which of them are code that can run, and which source they are really from. Advisories name
//! the source `linux`; signed images come from another one, with a version of its own.

/// Architectures that Debian signs kernels for, and that its signed sources are named after.
const SIGNED_ARCHES: [&str; 3] = ["amd64", "arm64", "i386"];

/// Binaries of a kernel's source, image or not.
const BUILT: [&str; 7] = [
    "linux-image-",
    "linux-modules-",
    "linux-headers-",
    "linux-tools-",
    "linux-cloud-tools-",
    "linux-buildinfo-",
    "linux-perf",
];

/// Returns the source that advisories name, for a binary from `source`; `None`: it is no kernel's.
/// `linux-signed-amd64` and Ubuntu's `linux-signed` stand for `linux`, `linux-signed-hwe-6.5` for
/// `linux-hwe-6.5`.
pub(super) fn folded(source: &str) -> Option<String> {
    match source.strip_prefix("linux-signed") {
        Some("") => Some("linux".to_owned()),
        Some(rest) => {
            let rest = rest.strip_prefix('-')?;
            let is_arch = SIGNED_ARCHES.contains(&rest);
            Some(if is_arch { "linux".to_owned() } else { format!("linux-{rest}") })
        }
        None => None,
    }
}

/// Returns whether rows about this source are about kernels, so that what runs decides and not what is
/// installed. `package` is one of its binaries.
pub(super) fn is_of_kernel(stream: &str, source: &str, package: &str) -> bool {
    let is_dpkg = stream.starts_with("debian:") || stream.starts_with("ubuntu:");
    if is_dpkg {
        // Ubuntu has a source for each flavour (`linux-aws`, `linux-hwe-6.5`), and sources like
        // `linux-firmware` that are other software: the binaries tell them apart.
        let is_built_from_it = BUILT.iter().any(|prefix| package.starts_with(prefix))
            || (package.starts_with("linux-")
                && (package.contains("-headers-") || package.contains("-tools-")));
        return source == "linux" || (source.starts_with("linux-") && is_built_from_it);
    }
    is_image(stream, package) || package == "kernel" || is_tools(package)
}

/// Returns whether a binary package is a kernel that can boot, or modules that it loads. Meta packages
/// (`linux-image-amd64`) hold no code.
pub(super) fn is_image(stream: &str, package: &str) -> bool {
    let after = |prefix: &str| package.strip_prefix(prefix);
    let is_release = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    match stream.split_once(':').map_or(stream, |(name, _)| name) {
        "debian" | "ubuntu" => {
            let image = after("linux-image-unsigned-").or(after("linux-image-"));
            image
                .or(after("linux-modules-extra-"))
                .or(after("linux-modules-"))
                .is_some_and(is_release)
        }
        "suse" | "opensuse" | "sles" => package.starts_with("kernel-default"),
        "alpine" => ["linux-lts", "linux-virt"].contains(&package),
        _ => {
            ["kernel-core", "kernel-rt-core"].contains(&package)
                || package.starts_with("kernel-modules")
                || package.starts_with("kernel-rt-modules")
                || package.starts_with("kernel-uek")
        }
    }
}

/// What rpm distributions build from the kernel's source beside the kernel.
fn is_tools(package: &str) -> bool {
    [
        "kernel-headers",
        "kernel-devel",
        "kernel-doc",
        "kernel-tools",
        "perf",
        "python3-perf",
        "bpftool",
    ]
    .contains(&package)
        || package.starts_with("kernel-tools-")
        || package.starts_with("kernel-debug")
}

/// Returns the release that an image's name ends with (`6.1.0-50-amd64`), as `uname -r` prints it.
pub(super) fn release(package: &str) -> Option<&str> {
    package
        .strip_prefix("linux-image-unsigned-")
        .or(package.strip_prefix("linux-image-"))
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}
