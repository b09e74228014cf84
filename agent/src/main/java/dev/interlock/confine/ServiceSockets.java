package dev.interlock.confine;

import dev.interlock.session.TerminalText;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The Unix sockets visible to an agent at which a service of this machine may listen. A network namespace does not keep
 * an agent from them. connect(2) finds a socket by its file and needs the right to write that file, even on a read-only
 * file system (unix(7)). So each must be covered.
 *
 * <p>A socket that no process has bound stays, and the agent can remove it. bind(2) creates the file, so nobody will
 * ever listen at this one again.
 */
final class ServiceSockets {

    /** Maximum entries searched. With more, a start would take longer than anybody waits. */
    static final int MOST_ENTRIES = 2_000_000;

    /** Maximum covered sockets. Each is a mount, and every mount makes the next one slower. */
    static final int MOST = 1_000;

    private static final int LONGEST = 300;

    // Bits of a file's mode, inode(7).
    private static final int KIND = 0170000;
    private static final int SOCKET = 0140000;

    private final SandboxSpec spec;
    private final Set<Path> writable;
    private final int mostEntries;
    private final int most;
    private final Set<Path> sockets = new TreeSet<>();
    private Optional<SandboxException> fault = Optional.empty();
    private int entries;

    private ServiceSockets(SandboxSpec spec, Set<Path> writable, int mostEntries, int most) {
        this.spec = spec;
        this.writable = writable;
        this.mostEntries = mostEntries;
        this.most = most;
    }

    /**
     * Searches the workspace of {@code spec} and all else that it may read; no link is followed.
     *
     * @param repository of a linked worktree, which the agent may write as well
     */
    static ServiceSockets search(SandboxSpec spec, Optional<Path> repository) throws IOException {
        return search(spec, repository, MOST_ENTRIES, MOST);
    }

    static ServiceSockets search(SandboxSpec spec, Optional<Path> repository, int mostEntries, int most)
            throws IOException {
        Set<Path> writable = new TreeSet<>(Set.of(spec.workspace()));
        repository.ifPresent(writable::add);
        ServiceSockets services = new ServiceSockets(spec, writable, mostEntries, most);
        for (Path root : writable) {
            services.through(root);
        }
        for (Path shown : spec.readable()) {
            services.through(shown);
        }
        return services;
    }

    /** @throws SandboxException if not everything could be searched, or there are more sockets than can be covered */
    Set<Path> sockets() throws SandboxException {
        if (fault.isPresent()) {
            throw fault.get();
        }
        return Collections.unmodifiableSet(sockets);
    }

    /** Returns the sockets as a person knows them: those in the workspace relative to it. */
    static List<Path> shown(Collection<Path> sockets, Path workspace) {
        return sockets.stream()
                .map(socket -> socket.startsWith(workspace) ? workspace.relativize(socket) : socket)
                .toList();
    }

    private void through(Path root) throws IOException {
        if (fault.isEmpty()) {
            Files.walkFileTree(root, new Visitor(root));
        }
    }

    /** One tree and directory after the other, so that memory does not grow with their number. */
    private final class Visitor extends SimpleFileVisitor<Path> {

        private final Path root;

        Visitor(Path root) {
            this.root = root;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return spec.covered().contains(directory) ? FileVisitResult.SKIP_SUBTREE : counted();
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (attributes.isOther() && isSocket(file)) {
                socket(file);
            }
            return counted();
        }

        @Override
        public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
            boolean isGone = e instanceof NoSuchFileException;
            if (!isGone
                    && access(Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) ? path : above(path))
                            != DirectoryAccess.NONE) {
                refuse(
                        named(path) + " cannot be searched, and an agent could reach a service of this machine in it.",
                        "Allow access (chmod u+rwx), or remove it.");
            }
            return counted();
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
            return e == null ? on() : visitFileFailed(directory, e);
        }

        private FileVisitResult counted() {
            if (++entries > mostEntries) {
                refuse(
                        named(spec.workspace()) + ", with the other directories that the agent may read, has more than "
                                + mostEntries + " files: too many to check for sockets of this machine's services.",
                        "Name the directory of one project, --workspace project, and fewer directories to read.");
            }
            return on();
        }

        private FileVisitResult on() {
            return fault.isEmpty() ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
        }

        private void socket(Path file) throws IOException {
            DirectoryAccess access = access(above(file));
            if (access == DirectoryAccess.NONE || !mayListen(file)) {
                return;
            }
            if (access == DirectoryAccess.AFTER_CHMOD || !Host.canName(file)) {
                refuse(
                        "A service of this machine may listen at " + named(file)
                                + ", and that socket cannot be hidden: its directory denies access but an agent could open it, or its name is not valid text in this locale.",
                        "Allow access to the directory (chmod u+x), rename it, or set LC_ALL=C.UTF-8.");
            }
            sockets.add(file);
            if (sockets.size() > most) {
                refuse(
                        "Services of this machine listen at more than " + most
                                + " sockets that the agent would see, such as " + named(file)
                                + ": more than can be hidden.",
                        "Name the directory of one project, --workspace project, and fewer directories to read.");
            }
        }

        /** Outside of what it may write the agent cannot change modes, so closed directories stay closed. */
        private DirectoryAccess access(Path directory) throws IOException {
            DirectoryAccess access = DirectoryAccess.along(root, directory, spec.uid());
            return access == DirectoryAccess.AFTER_CHMOD && !writable.contains(root) ? DirectoryAccess.NONE : access;
        }
    }

    private void refuse(String reason, String next) {
        if (fault.isEmpty()) {
            fault = Optional.of(new SandboxException(reason, next));
        }
    }

    private static boolean isSocket(Path file) throws IOException {
        try {
            return ((Integer) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) & KIND) == SOCKET;
        } catch (NoSuchFileException e) {
            return false; // it was removed meanwhile
        }
    }

    private static boolean mayListen(Path socket) {
        try (SystemCallTester kernel = new SystemCallTester()) {
            return !Host.canName(socket) || kernel.isBound(socket);
        }
    }

    private static Path above(Path path) {
        return path.resolveSibling("");
    }

    private static String named(Path path) {
        return "`" + TerminalText.line(path.toString(), LONGEST) + "`";
    }
}
