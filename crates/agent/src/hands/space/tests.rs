use super::*;

const HEALTHY: &str = "22 1 8:1 / / ro,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n\
    23 22 8:2 / /var rw,relatime shared:2 - ext4 /dev/sda2 rw\n\
    24 22 8:3 / /mnt ro - iso9660 /dev/sr0 ro\n";

#[test]
fn a_read_only_view_of_a_writable_file_system_does_not_block() {
    assert_eq!(read_only(HEALTHY), Vec::<String>::new());
}

#[test]
fn a_file_system_that_the_kernel_made_read_only_blocks() {
    let sick = HEALTHY.replace("/dev/sda2 rw", "/dev/sda2 ro,emergency_ro");
    assert_eq!(read_only(&sick), ["/var"]);
}
