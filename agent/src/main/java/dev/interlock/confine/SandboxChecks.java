package dev.interlock.confine;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

final class SandboxChecks {

    private static final String LAUNCHER = "interlock.launcher";

    /** System directories. A workspace that is one of them, or contains one, would undo the sandbox. */
    private static final Set<Path> SYSTEM = Stream.of(
                    "bin boot dev etc home lib proc root run sys tmp usr var".split(" ", -1))
            .map(Path.of("/")::resolve)
            .collect(Collectors.toUnmodifiableSet());

    private static final Set<Path> KERNEL = Set.of(Path.of("/dev"), Path.of("/proc"), Path.of("/sys"), Path.of("/etc"));

    /** Bubblewrap's two, the relay's four while it starts, the shell that starts it and its children. */
    private static final int PROCESSES = 9;

    private static final int AT_TERMINAL = 3;

    private SandboxChecks() {}

    /** Returns the same spec, with every link resolved. {@code homes} are those of the user who starts the agent. */
    static SandboxSpec checked(SandboxSpec spec, Set<Path> homes) throws IOException, SandboxException {
        requireUser(spec);
        requireTerminal(spec);
        List<Path> hidden = new ArrayList<>();
        for (Path path : spec.hidden()) {
            hidden.add(resolved(path));
        }
        Path workspace = admitted(spec.workspace(), hidden);
        requireNoHome(workspace, homes);
        requireApartFromProgram(workspace, spec.uid());
        requireFirmWay(workspace, spec.uid());
        List<Path> readable = new ArrayList<>();
        for (Path path : spec.readable()) {
            readable.add(admitted(path, hidden));
            requireNoHome(readable.getLast(), homes);
            requireFirmWay(readable.getLast(), spec.uid());
        }
        SandboxSpec checked = new SandboxSpec(
                spec.command(),
                workspace,
                resolved(spec.socket()),
                spec.lease(),
                resolved(spec.trust()),
                spec.uid(),
                spec.variables(),
                readable,
                spec.hidden(),
                covered(spec, workspace, readable),
                spec.interactive(),
                spec.overlays(),
                spec.limits());
        requireReach(checked);
        checked.limits().requireRoom(spec.uid(), spec.interactive() ? PROCESSES + AT_TERMINAL : PROCESSES);
        return checked;
    }

    /**
     * A home holds all that its owner may access, and files that run with the next shell. So does a directory with SSH
     * keys.
     */
    private static void requireNoHome(Path real, Set<Path> homes) throws IOException, SandboxException {
        boolean home = Files.exists(real.resolve(".ssh"), LinkOption.NOFOLLOW_LINKS);
        for (Path path : homes) {
            home |= resolved(path).startsWith(real);
        }
        if (home) {
            throw new SandboxException(
                    "`" + real
                            + "` is or contains a home directory, with keys, logins, and programs that run at the next login.",
                    "Go to the directory of one project; `interlock run` also takes it as --workspace project.");
        }
    }

    /** Refuses the repository of a linked worktree where a workspace could not be, or that the agent cannot write. */
    static void requireRepository(SandboxSpec checked, Path common, Set<Path> homes)
            throws IOException, SandboxException {
        List<Path> hidden = new ArrayList<>();
        for (Path path : checked.hidden()) {
            hidden.add(resolved(path));
        }
        admitted(common, hidden);
        requireNoHome(common, homes);
        requireApartFromProgram(common, checked.uid());
        // Its way may be the agent's: the main worktree often is. A link there would be found by MountCheck.
        if (!lacking(checked.uid(), List.of(new Need("-w", common), new Need("-x", common)))
                .isEmpty()) {
            throw new SandboxException(
                    "User " + checked.uid() + " cannot write in `" + common
                            + "`, which is the repository of this worktree.",
                    "Let this user write there, or give the agent a clone.");
        }
    }

    /** Refuses a mount below a kept home, in which the agent could have put links that lead it elsewhere. */
    static void requireOutsideKeptHome(SandboxSpec checked, Optional<Path> repository) throws SandboxException {
        List<Path> shown = new ArrayList<>(checked.readable());
        shown.add(checked.workspace());
        repository.ifPresent(shown::add);
        for (Path path : shown) {
            if (path.startsWith(BubblewrapArgs.HOME)) {
                throw SandboxException.ofOrder(
                        "`" + path + "` lies in `" + BubblewrapArgs.HOME + "`, where the agent's own home is inside.",
                        "Move it to a directory with another path.");
            }
        }
    }

    /** Returns {@code workspace} with every link resolved. No agent may write the records. */
    static Path requireApartFromRecords(Path workspace, Path sessions, Set<Path> homes)
            throws IOException, SandboxException {
        Path real = directory(workspace);
        requireNoHome(real, homes); // records lie in homes, and this reason says more
        Path records = resolved(nearest(sessions));
        if (records.startsWith(real) || real.startsWith(resolved(sessions))) {
            throw SandboxException.ofOrder(
                    "`" + real + "` contains, or is inside, `" + sessions + "`, where agents' sessions are recorded.",
                    "Name the directory of one project: --workspace project; or keep records elsewhere: $XDG_STATE_HOME.");
        }
        return real;
    }

    private static Path nearest(Path path) {
        Path nearest = path.toAbsolutePath().normalize();
        while (!Files.exists(nearest)) {
            nearest = nearest.resolveSibling("");
        }
        return nearest;
    }

    /** The agent's user could put a link there after the check. {@link MountCheck} would find it, after the start. */
    private static void requireFirmWay(Path real, int uid) throws IOException, SandboxException {
        if (Host.uid() == uid) {
            return;
        }
        for (Path above = real.getParent(); above != null; above = above.getParent()) {
            if (Host.mayExchange(uid, above)) {
                throw new SandboxException(
                        "`" + above + "` can be changed by user " + uid + ", who could replace `"
                                + real
                                + "` while the sandbox is set up.",
                        "Name a directory whose parent belongs to you: chown root " + above + ", or move it.");
            }
        }
    }

    private static void requireUser(SandboxSpec spec) throws IOException, SandboxException {
        int own = Host.uid();
        if (own != 0 && own != spec.uid()) {
            throw SandboxException.ofOrder(
                    "Only root can start an agent as user " + spec.uid() + "; this is user " + own + ".",
                    "Omit the user, so that the agent runs as you, with separation none; or start it as root.");
        }
        if (own == 0 && Host.owner(spec.socket()) == spec.uid()) {
            throw SandboxException.ofOrder(
                    "User " + spec.uid() + " is the gateway's user, so the agent could read the gateway's files.",
                    "Give the agent another user.");
        }
    }

    private static void requireTerminal(SandboxSpec spec) throws SandboxException {
        if (spec.interactive() && !Host.hasTerminal()) {
            throw SandboxException.ofOrder(
                    "There is no terminal here to give to the agent.",
                    "Leave --terminal out, or start `run` in a terminal, for input and output.");
        }
    }

    private static Path directory(Path path) throws IOException, SandboxException {
        Path real = resolved(path);
        if (!Files.isDirectory(real)) {
            throw SandboxException.ofOrder(
                    "`" + path + "` is not a directory.", "Name a separate directory for the agent.");
        }
        return real;
    }

    private static Path admitted(Path path, List<Path> hidden) throws IOException, SandboxException {
        Path real = directory(path);
        boolean system = SYSTEM.stream().anyMatch(s -> s.startsWith(real))
                || KERNEL.stream().anyMatch(real::startsWith);
        if (system) {
            throw SandboxException.ofOrder(
                    "`" + real + "` belongs to the system and cannot be shown to an agent.",
                    "Name a separate directory for the agent.");
        }
        if (hidden.stream().anyMatch(h -> h.startsWith(real) || real.startsWith(h))) {
            throw SandboxException.ofOrder(
                    "`" + real + "` contains, or is inside, the gateway's private files.",
                    "Name a directory outside the gateway's: --workspace DIRECTORY.");
        }
        return real;
    }

    /** A user who can change a program that root starts next becomes root. Showing it read-only is fine. */
    private static void requireApartFromProgram(Path workspace, int uid) throws IOException, SandboxException {
        for (Path path : ownFiles()) {
            Path real = resolved(path);
            if (real.startsWith(workspace) || workspace.startsWith(real)) {
                throw SandboxException.ofOrder(
                        "`" + workspace + "` contains, or is inside, `" + real
                                + "`, which is Interlock itself: the agent could change the program that you run next.",
                        ownWorkspace(uid));
            }
        }
    }

    /** Returns the files of this program: the launcher with all that lies beside it, the class path, the JDK. */
    private static List<Path> ownFiles() {
        List<Path> paths = new ArrayList<>();
        paths.add(Path.of(System.getProperty("java.home", "/usr")));
        for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
            paths.add(Path.of(entry).toAbsolutePath()); // an empty entry is the current directory
        }
        String launcher = System.getProperty(LAUNCHER, "");
        if (!launcher.isEmpty()) {
            // In a checkout this includes the sources, from which it builds itself anew.
            paths.add(Path.of(launcher).toAbsolutePath().normalize().resolveSibling("."));
        }
        return paths;
    }

    /** It never suggests to change the owner of existing files: there may be more of them than the person thinks of. */
    private static String ownWorkspace(int uid) throws IOException {
        return "Give the agent a separate directory elsewhere"
                + (Host.uid() == 0 ? " and where other users may enter" : "") + ": mkdir workspace"
                + (Host.uid() == 0 ? " && chown " + uid + " workspace" : "") + ", then --workspace workspace.";
    }

    /** Returns the directories to cover that would be visible inside; of nested ones the outer. */
    private static Set<Path> covered(SandboxSpec spec, Path workspace, List<Path> readable)
            throws IOException, SandboxException {
        Set<Path> covered = new TreeSet<>(); // a directory sorts before its contents
        for (Path path : spec.covered()) {
            Path real = resolved(path);
            requireApart(real, workspace);
            for (Path shown : readable) {
                requireApart(real, shown);
            }
            boolean seen = real.startsWith(workspace) || readable.stream().anyMatch(real::startsWith);
            if (seen && Files.isDirectory(real)) {
                covered.add(real);
            }
        }
        covered.removeIf(inner -> covered.stream().anyMatch(outer -> !outer.equals(inner) && inner.startsWith(outer)));
        return covered;
    }

    private static void requireApart(Path covered, Path shown) throws SandboxException {
        if (covered.equals(shown)) {
            throw SandboxException.ofOrder(
                    "`" + shown + "` itself holds the gateway's configuration or policy.",
                    "Name a directory below or outside it, or keep gateway.yaml and policy in a separate directory.");
        }
    }

    private static Path resolved(Path path) throws IOException {
        return Files.exists(path) ? path.toRealPath() : path.toAbsolutePath().normalize();
    }

    /** As the agent's user. A failure while the sandbox is being built would explain nothing. */
    private static void requireReach(SandboxSpec spec) throws IOException, SandboxException {
        List<Need> needs = new ArrayList<>(List.of(
                new Need("-w", spec.workspace()), new Need("-x", spec.workspace()), new Need("-w", spec.socket())));
        spec.covered().forEach(path -> needs.add(new Need("-x", path.resolveSibling(""))));
        for (Need lacking : lacking(spec.uid(), needs)) {
            throw unreachable(spec, lacking.path());
        }
    }

    /** A path, and the {@code test} option that it must satisfy. */
    private record Need(String how, Path path) {}

    /** Uses a single process, because each takes some of the start's time. */
    private static List<Need> lacking(int uid, List<Need> needs) throws IOException {
        List<String> command = new ArrayList<>(Privileges.dropping(uid));
        command.addAll(List.of("/bin/sh", "-c", "while [ $# != 0 ]; do test $1 \"$2\"; echo $?; shift 2; done", "sh"));
        needs.forEach(need -> command.addAll(List.of(need.how(), need.path().toString())));
        List<String> said = Host.run(command).text().lines().toList();
        return IntStream.range(0, needs.size())
                .filter(i -> said.size() != needs.size() || !said.get(i).equals("0"))
                .mapToObj(needs::get)
                .toList();
    }

    private static SandboxException unreachable(SandboxSpec spec, Path path) throws IOException {
        if (path.equals(spec.workspace())) {
            return new SandboxException(
                    "User " + spec.uid() + " cannot write in `" + path + "`, or cannot reach it.",
                    ownWorkspace(spec.uid()));
        }
        if (path.equals(spec.socket())) {
            return new SandboxException(
                    "User " + spec.uid() + " cannot reach the listener `" + path + "`.",
                    "The gateway must open the listener for this user.");
        }
        return new SandboxException(
                "The content of `" + path + "` cannot be hidden: user " + spec.uid() + " cannot reach it.",
                "Name a directory outside it.");
    }
}
