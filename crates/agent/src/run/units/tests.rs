use super::*;

fn block(id: &str, more: &str) -> String {
    format!("Id={id}\nActiveState=active\n{more}\n\n")
}

#[test]
fn what_a_unit_file_enables_counts_and_what_comes_and_goes_does_not() {
    let text = [
        block("nginx.service", "UnitFileState=enabled"),
        block("getty@tty1.service", "UnitFileState=enabled"),
        block("dbus.service", "UnitFileState=static"),
        block("ssh.socket", "UnitFileState=enabled"),
        block(
            "systemd-hostnamed.service",
            "UnitFileState=static\nBusName=org.freedesktop.hostname1",
        ),
        block("ssh@3-10.service", "UnitFileState=static"),
        block("user@1000.service", "UnitFileState=static"),
        block("logrotate.service", "UnitFileState=static\nTriggeredBy=logrotate.timer"),
        block("run-user-1000.mount", "UnitFileState="),
        block("run-r1.service", "UnitFileState=transient\nTransient=yes"),
        block("patchwell-agent-net.service", "UnitFileState=enabled"),
        block("unattended-upgrades.service", "UnitFileState=enabled"),
        block("apt-daily.timer", "UnitFileState=enabled"),
        "Id=old.service\nActiveState=failed\nUnitFileState=enabled\n".to_owned(),
    ]
    .concat();
    let names: Vec<String> = active(&text).into_iter().collect();
    assert_eq!(names, ["dbus.service", "getty@tty1.service", "nginx.service", "ssh.socket"]);
}

#[test]
fn nothing_printed_means_nothing_active() {
    assert!(active("").is_empty());
}
