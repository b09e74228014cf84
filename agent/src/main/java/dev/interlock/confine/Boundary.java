package dev.interlock.confine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** What is asked of a cell before it is built. Paths are compared after every link in them is resolved. */
final class Boundary {

    /** Directories of the system: a workspace that is one of them, or holds one, would undo the walls. */
    private static final Set<Path> SYSTEM = Set.of(
            Path.of("/bin"),
            Path.of("/boot"),
            Path.of("/dev"),
            Path.of("/etc"),
            Path.of("/home"),
            Path.of("/lib"),
            Path.of("/proc"),
            Path.of("/root"),
            Path.of("/run"),
            Path.of("/sys"),
            Path.of("/tmp"),
            Path.of("/usr"),
            Path.of("/var"));

    /** Inside these, nothing is anybody's workspace. */
    private static final Set<Path> KERNEL = Set.of(Path.of("/dev"), Path.of("/proc"), Path.of("/sys"), Path.of("/etc"));

    /** bubblewrap's two, the relay's four while it starts, the shell that starts it and what that calls. */
    private static final int PROCESSES = 9;

    /** What makes and serves a terminal besides. */
    private static final int AT_TERMINAL = 3;

    private Boundary() {}

    /**
     * The same cell, with every link resolved.
     *
     * @param homes the homes of whoever starts the agent
     */
    static Cell checked(Cell cell, Set<Path> homes) throws IOException, UnconfinableException {
        requireUser(cell);
        requireTerminal(cell);
        List<Path> hidden = new ArrayList<>();
        for (Path path : cell.hidden()) {
            hidden.add(resolved(path));
        }
        Path workspace = admitted(cell.workspace(), hidden);
        requireNoHome(workspace, homes);
        requireApartFromProgram(workspace, cell.uid());
        requireFirmWay(workspace, cell.uid());
        List<Path> readable = new ArrayList<>();
        for (Path path : cell.readable()) {
            readable.add(admitted(path, hidden));
            requireNoHome(readable.getLast(), homes);
            requireFirmWay(readable.getLast(), cell.uid());
        }
        Cell checked = new Cell(
                cell.command(),
                workspace,
                resolved(cell.socket()),
                cell.lease(),
                resolved(cell.trust()),
                cell.uid(),
                cell.variables(),
                readable,
                cell.hidden(),
                covered(cell, workspace, readable),
                cell.interactive(),
                cell.furnishing(),
                cell.limits());
        requireReach(checked);
        checked.limits().requireRoom(cell.uid(), cell.interactive() ? PROCESSES + AT_TERMINAL : PROCESSES);
        return checked;
    }

    /**
     * A home is not a workspace: what stands there is everybody's that its owner may be, and runs with its owner's next
     * shell. Whoever has keys for SSH in a directory lives there, too.
     */
    private static void requireNoHome(Path real, Set<Path> homes) throws IOException, UnconfinableException {
        boolean home = Files.exists(real.resolve(".ssh"), LinkOption.NOFOLLOW_LINKS);
        for (Path path : homes) {
            home |= resolved(path).startsWith(real);
        }
        if (home) {
            throw new UnconfinableException(
                    "`" + real
                            + "` is somebody's home, or holds it: keys and logins lie there, and what runs at the next"
                            + " login.",
                    "Name the directory of one project: --workspace project.");
        }
    }

    /**
     * The workspace {@code workspace} with every link resolved, unless records of agents would lie in it, which none
     * may write, or move with what they lie in.
     */
    static Path requireApartFromRecords(Path workspace, Path sessions) throws IOException, UnconfinableException {
        Path real = directory(workspace);
        Path records = resolved(nearest(sessions));
        if (records.startsWith(real) || real.startsWith(resolved(sessions))) {
            throw UnconfinableException.ofOrder(
                    "`" + real + "` holds, or lies in, `" + sessions + "`, where what agents did is recorded.",
                    "Name the directory of one project: --workspace project; or keep records elsewhere: $XDG_STATE_HOME.");
        }
        return real;
    }

    /** What there is of {@code path}. */
    private static Path nearest(Path path) {
        Path nearest = path.toAbsolutePath().normalize();
        while (!Files.exists(nearest)) {
            nearest = nearest.resolveSibling("");
        }
        return nearest;
    }

    /**
     * Whoever may rename a directory on the way could put a link in its place after it was looked at: another agent of
     * the same user, say. What is mounted is compared once more ({@link Raised}); this says so before anything starts.
     */
    private static void requireFirmWay(Path real, int uid) throws IOException, UnconfinableException {
        if (Host.uid() == uid) {
            return;
        }
        for (Path above = real.getParent(); above != null; above = above.getParent()) {
            if (Host.mayExchange(uid, above)) {
                throw new UnconfinableException(
                        "`" + above + "` may be changed by user " + uid + ", who could exchange `" + real
                                + "` for something else while its walls are raised.",
                        "Name a directory in one that is yours: chown root " + above + ", or move it.");
            }
        }
    }

    private static void requireUser(Cell cell) throws IOException, UnconfinableException {
        int own = Host.uid();
        if (own != 0 && own != cell.uid()) {
            throw UnconfinableException.ofOrder(
                    "Only root can start an agent as user " + cell.uid() + "; this is user " + own + ".",
                    "Leave the user out, and the agent runs as you, with separation none; or start it as root.");
        }
        if (own == 0 && Host.owner(cell.socket()) == cell.uid()) {
            throw UnconfinableException.ofOrder(
                    "User " + cell.uid() + " is the gateway's own, so its agent could read what the gateway reads.",
                    "Give the agent another number.");
        }
    }

    private static void requireTerminal(Cell cell) throws UnconfinableException {
        if (cell.interactive() && !Host.hasTerminal()) {
            throw UnconfinableException.ofOrder(
                    "There is no terminal here that the agent could be given.",
                    "Leave --terminal out, or start `run` in a terminal, for input and output.");
        }
    }

    private static Path directory(Path path) throws IOException, UnconfinableException {
        Path real = resolved(path);
        if (!Files.isDirectory(real)) {
            throw UnconfinableException.ofOrder(
                    "`" + path + "` is no directory.", "Name a directory of the agent's own.");
        }
        return real;
    }

    private static Path admitted(Path path, List<Path> hidden) throws IOException, UnconfinableException {
        Path real = directory(path);
        boolean system = SYSTEM.stream().anyMatch(s -> s.startsWith(real))
                || KERNEL.stream().anyMatch(real::startsWith);
        if (system) {
            throw UnconfinableException.ofOrder(
                    "`" + real + "` belongs to the system and cannot be shown to an agent.",
                    "Name a directory of the agent's own.");
        }
        if (hidden.stream().anyMatch(h -> h.startsWith(real) || real.startsWith(h))) {
            throw UnconfinableException.ofOrder(
                    "`" + real + "` holds, or lies in, what the gateway keeps to itself.",
                    "Name a directory apart from the gateway's: --workspace DIRECTORY.");
        }
        return real;
    }

    /**
     * Whoever may write what root starts next, is root next. Read-only it may be seen: everybody else may see it, too.
     */
    private static void requireApartFromProgram(Path workspace, int uid) throws IOException, UnconfinableException {
        for (Path path : OwnProgram.paths()) {
            Path real = resolved(path);
            if (real.startsWith(workspace) || workspace.startsWith(real)) {
                throw UnconfinableException.ofOrder(
                        "`" + workspace + "` holds, or lies in, `" + real
                                + "`, which is Interlock itself: its agent could change what you run next.",
                        ownWorkspace(uid));
            }
        }
    }

    /** Never a command that gives away what is there already: it may hold more than the person thinks of. */
    private static String ownWorkspace(int uid) throws IOException {
        return "Give the agent a directory of its own, elsewhere"
                + (Host.uid() == 0 ? " and where other users may enter" : "") + ": mkdir workspace"
                + (Host.uid() == 0 ? " && chown " + uid + " workspace" : "") + ", then --workspace workspace.";
    }

    /** Those of the directories to cover that would be seen inside; of one in another, the outer. */
    private static Set<Path> covered(Cell cell, Path workspace, List<Path> readable)
            throws IOException, UnconfinableException {
        Set<Path> covered = new TreeSet<>(); // a directory sorts before what lies in it
        for (Path path : cell.covered()) {
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

    private static void requireApart(Path covered, Path shown) throws UnconfinableException {
        if (covered.equals(shown)) {
            throw UnconfinableException.ofOrder(
                    "`" + shown + "` itself holds the gateway's configuration or policy.",
                    "Name a directory below or apart from it, or keep gateway.yaml and policy in a directory of their own.");
        }
    }

    private static Path resolved(Path path) throws IOException {
        return Files.exists(path) ? path.toRealPath() : path.toAbsolutePath().normalize();
    }

    /** Tried as the agent's user, because a refusal in the middle of building the sandbox explains nothing. */
    private static void requireReach(Cell cell) throws IOException, UnconfinableException {
        List<Need> needs = new ArrayList<>(List.of(
                new Need("-w", cell.workspace()), new Need("-x", cell.workspace()), new Need("-w", cell.socket())));
        cell.covered().forEach(path -> needs.add(new Need("-x", path.resolveSibling(""))));
        for (Need lacking : lacking(cell.uid(), needs)) {
            throw unreachable(cell, lacking.path());
        }
    }

    /** What {@code test} asks of a path. */
    private record Need(String how, Path path) {}

    /**
     * Which of {@code needs} user {@code uid} does not get; by one process, since each takes some of a start's time.
     */
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

    private static UnconfinableException unreachable(Cell cell, Path path) throws IOException {
        if (path.equals(cell.workspace())) {
            return new UnconfinableException(
                    "User " + cell.uid() + " cannot write in `" + path + "`, or not get there.",
                    ownWorkspace(cell.uid()));
        }
        if (path.equals(cell.socket())) {
            return new UnconfinableException(
                    "User " + cell.uid() + " cannot reach the place `" + path + "`.",
                    "The gateway must open the place for this user.");
        }
        return new UnconfinableException(
                "What lies in `" + path + "` cannot be covered: user " + cell.uid() + " does not get to it.",
                "Name a directory apart from it.");
    }
}
