package dev.interlock.confine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The access that the agent's user has to a directory. It can open its own directories, even if they are closed now.
 *
 * <p>For directories of other users the mode alone does not decide. Access lists (acl(5)) and further groups let in
 * users that the mode does not name. Where these could apply, the kernel is asked as that user.
 */
enum DirectoryAccess {
    NOW,
    AFTER_CHMOD,
    NONE;

    private static final int OWNER_ENTERS = 0100;
    private static final int GROUP_ENTERS = 0010;
    private static final int OTHERS_ENTER = 0001;

    /** Maximum characters of names on one command line. The kernel accepts 2 MiB in all. */
    private static final int MOST_ASKED = 1 << 17;

    private static final String ASKING = "for d; do test -x \"$d\"; echo $?; done";

    static Map<Path, DirectoryAccess> of(Collection<Path> directories, int uid) throws IOException {
        Map<Path, DirectoryAccess> known = new HashMap<>();
        List<Path> unclear = new ArrayList<>();
        int length = 0;
        for (Path directory : directories) {
            Map<String, Object> attributes = attributes(directory);
            int mode = (Integer) attributes.getOrDefault("mode", 0);
            boolean grouped = Integer.valueOf(uid).equals(attributes.get("gid"));
            if (Integer.valueOf(uid).equals(attributes.get("uid"))) {
                known.put(directory, (mode & OWNER_ENTERS) != 0 ? NOW : AFTER_CHMOD);
            } else if (((mode & OTHERS_ENTER) != 0 && !grouped) || !Host.canName(directory)) {
                known.put(directory, NOW);
            } else if ((mode & (GROUP_ENTERS | OTHERS_ENTER)) == 0) {
                known.put(directory, NONE); // the group bits are an upper bound for every access list
            } else {
                unclear.add(directory);
                length += directory.toString().getBytes(StandardCharsets.UTF_8).length + 1;
            }
            if (length > MOST_ASKED) {
                ask(unclear, uid, known);
                unclear.clear();
                length = 0;
            }
        }
        ask(unclear, uid, known);
        return known;
    }

    /**
     * Returns the access to {@code directory} below {@code root}: that to the least accessible directory on the way.
     */
    static DirectoryAccess along(Path root, Path directory, int uid) throws IOException {
        List<Path> way = new ArrayList<>();
        for (Path up = directory; up.startsWith(root); up = up.resolveSibling("")) {
            way.add(up);
        }
        Collection<DirectoryAccess> all = of(way, uid).values();
        return all.contains(NONE) ? NONE : all.contains(AFTER_CHMOD) ? AFTER_CHMOD : NOW;
    }

    private static Map<String, Object> attributes(Path directory) {
        try {
            return Files.readAttributes(directory, "unix:mode,uid,gid", LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            return Map.of(); // it is gone, so nobody gets in
        }
    }

    private static void ask(List<Path> unclear, int uid, Map<Path, DirectoryAccess> known) throws IOException {
        if (unclear.isEmpty()) {
            return;
        }
        List<String> command = new ArrayList<>(Privileges.dropping(uid));
        command.addAll(List.of("/bin/sh", "-c", ASKING, "sh"));
        unclear.forEach(directory -> command.add(directory.toString()));
        List<String> said = Host.run(command).text().lines().toList();
        for (int i = 0; i < unclear.size(); i++) {
            // If the kernel could not be asked, assume that the user gets in: then too much is checked, not too little.
            boolean shut = said.size() == unclear.size() && !said.get(i).equals("0");
            known.put(unclear.get(i), shut ? NONE : NOW);
        }
    }
}
