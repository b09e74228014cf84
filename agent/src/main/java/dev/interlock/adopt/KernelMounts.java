package dev.interlock.adopt;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where the kernel's own file systems are mounted: processes, devices and switches in the form of files. Reading them
 * may block, never end, or change something. Not for several threads at once.
 */
final class KernelMounts {

    /** Without {@code tmpfs} and {@code devtmpfs}: people keep files in those, and devices are no plain files. */
    private static final Set<String> KERNELS_OWN = Set.of(
            "autofs binder binfmt_misc bpf cgroup cgroup2 configfs cpuset debugfs devpts efivarfs functionfs fusectl mqueue nfsd nsfs proc pstore resctrl rpc_pipefs securityfs selinuxfs smackfs sysfs tracefs"
                    .split(" ", -1));

    /** By device: each mount has its own, and finding one is slow. */
    private final Map<Object, Optional<String>> known = new HashMap<>();

    Optional<String> kernelsOwn(Path directory) {
        try {
            Object device = Files.getAttribute(directory, "unix:dev", LinkOption.NOFOLLOW_LINKS);
            Optional<String> type = known.get(device);
            if (type == null) {
                type = Optional.of(Files.getFileStore(directory).type()).filter(KERNELS_OWN::contains);
                known.put(device, type);
            }
            return type;
        } catch (IOException e) {
            return Optional.empty(); // a read error will show when it is read
        }
    }
}
