package dev.interlock.front.git;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.eclipse.jgit.internal.storage.file.FileRepository;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.NullProgressMonitor;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.transport.PackParser;

/**
 * The gateway's copy of one repository: the commits of its branches and tags, and the trees of some of them. It has the
 * contents of what was pushed, and of all files if the server cannot leave them out. Threading: one thread at a time;
 * {@link RepositoryCopies} sees to it.
 */
final class RepositoryCopy implements AutoCloseable {

    /** The most bytes of one answer with objects. The commits of a project with a million of them are shorter. */
    static final long MAX_FETCH = 512L * 1024 * 1024;
    /** The most bytes of a list of refs: some eighty thousand of them. */
    private static final long MAX_REFS_ANSWER = 8L * 1024 * 1024;
    /** The most commits that are told to the server as known, so that a question stays short. */
    private static final int MAX_KNOWN = 500;

    private static final long MAX_FRAMING = 64 * 1024;

    private static final int BAND_OF_PACK = 1;
    private static final int BAND_OF_ERRORS = 3;

    private static final String TYPE = "application/x-git-upload-pack-request";

    private final FileRepository repository;
    private final GitUpstream git;
    private final Seal seal;
    private final Seal.Upstream upstream;
    private final HttpCall push;

    RepositoryCopy(Path directory, GitUpstream git, Seal seal, Seal.Upstream upstream, HttpCall push)
            throws IOException {
        this.git = git;
        this.seal = seal;
        this.upstream = upstream;
        this.push = push;
        this.repository = new FileRepository(directory.toFile());
        if (!Files.exists(directory.resolve(Constants.CONFIG))) {
            repository.create(true);
        }
    }

    /** Returns the record of what {@code agent} has brought here. */
    PushedCommits broughtBy(String agent) {
        return new PushedCommits(repository.getDirectory().toPath(), agent);
    }

    Path objects() {
        return repository.getObjectsDirectory().toPath();
    }

    boolean has(ObjectId id) throws IOException {
        return repository.getObjectDatabase().has(id);
    }

    /** Returns those of {@code commits} that the server does not have. */
    List<ObjectId> unknown(Collection<ObjectId> commits) throws IOException {
        List<ObjectId> unknown = new ArrayList<>();
        for (ObjectId commit : commits) {
            if (!has(commit)) {
                unknown.add(commit);
            }
        }
        return unknown;
    }

    FileRepository repository() {
        return repository;
    }

    RemoteRefs refs() throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        git.ask(seal, upstream, question(RemoteRefs.question()), answer, MAX_REFS_ANSWER);
        return RemoteRefs.read(new ByteArrayInputStream(answer.toByteArray()));
    }

    /** Fetches the commits that {@code refs} lead to and that are not here. */
    void fetchHistory(RemoteRefs refs) throws IOException {
        List<String> wanted = new ArrayList<>();
        List<String> known = new ArrayList<>();
        for (String id : new TreeSet<>(refs.ids().values())) {
            (has(ObjectId.fromString(id)) ? known : wanted).add(id);
        }
        if (!wanted.isEmpty()) {
            fetch(wanted, known.subList(0, Math.min(MAX_KNOWN, known.size())), "filter tree:0");
        }
    }

    void fetchTrees(Collection<String> commits) throws IOException {
        if (!commits.isEmpty()) {
            fetch(commits, List.of(), "filter blob:none", "deepen 1");
        }
    }

    /** Fetches what one file holds; false if the server does not give a file without its commit. */
    boolean fetchFile(ObjectId id) throws IOException {
        try {
            fetch(List.of(id.name()), List.of(), List.of(), false, true);
        } catch (IOException _) {
            return false;
        }
        return has(id);
    }

    /** Fetches all that {@code lost} lead to and {@code kept} do not, as a pack of at most {@code most} bytes. */
    Bytes fetchLost(Collection<String> lost, Collection<String> kept, int most) throws IOException {
        byte[] asked = fetching(List.of(), lost, kept.stream().limit(MAX_KNOWN).toList());
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        git.ask(seal, upstream, question(asked), answer, 2L * most + MAX_FRAMING);
        ByteArrayOutputStream pack = new ByteArrayOutputStream();
        writePack(new ByteArrayInputStream(answer.toByteArray()), pack, false);
        return Bytes.owning(pack.toByteArray());
    }

    /** Returns the packets of a fetch (gitprotocol-v2(5)). */
    private static byte[] fetching(List<String> arguments, Collection<String> wanted, Collection<String> known) {
        PacketWriter asked = new PacketWriter().line("command=fetch\n").delimiter();
        asked.line("ofs-delta\n").line("no-progress\n");
        arguments.forEach(line -> asked.line(line + "\n"));
        wanted.forEach(id -> asked.line("want " + id + "\n"));
        known.forEach(id -> asked.line("have " + id + "\n"));
        return asked.line("done\n").flush().bytes();
    }

    private void fetch(Collection<String> wanted, Collection<String> known, String filter, String... depth)
            throws IOException {
        try {
            fetch(
                    wanted,
                    known,
                    Stream.concat(Stream.of(filter), Stream.of(depth)).toList(),
                    true,
                    false);
        } catch (FilterRefusedException | EOFException _) {
            // The server cannot leave anything out; git's own then sends nothing.
            fetch(wanted, known, List.of(depth), false, false);
        }
    }

    private void fetch(
            Collection<String> wanted,
            Collection<String> known,
            List<String> arguments,
            boolean isFiltered,
            boolean isFile)
            throws IOException {
        Path answer = Files.createTempFile(repository.getDirectory().toPath(), "answer", ".tmp");
        Path pack = Files.createTempFile(repository.getDirectory().toPath(), "pack", ".tmp");
        try {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(answer))) {
                git.ask(seal, upstream, question(fetching(arguments, wanted, known)), out, MAX_FETCH);
            }
            try (InputStream in = new BufferedInputStream(Files.newInputStream(answer));
                    OutputStream out = new BufferedOutputStream(Files.newOutputStream(pack))) {
                writePack(in, out, isFiltered);
            }
            if (!isFile || isFile(pack)) {
                index(pack);
            }
        } finally {
            Files.deleteIfExists(answer);
            Files.deleteIfExists(pack);
        }
    }

    private static void writePack(InputStream in, OutputStream out, boolean isFiltered) throws IOException {
        PacketReader packets = new PacketReader(in);
        String line = "";
        while (!line.equals("packfile")) {
            PacketReader.Packet packet = packets.next();
            if (packet instanceof PacketReader.Flush) {
                throw new IOException("the upstream sent no pack");
            }
            line = packet instanceof PacketReader.Data data
                    ? new String(data.bytes(), StandardCharsets.UTF_8).strip()
                    : "";
            if (line.startsWith("ERR ")) {
                throw isFiltered && line.contains("filter")
                        ? new FilterRefusedException()
                        : new IOException("the upstream refused to send commits");
            }
        }
        for (var data = packets.nextInList(); data.isPresent(); data = packets.nextInList()) {
            byte[] bytes = data.get().bytes();
            int band = bytes.length == 0 ? BAND_OF_ERRORS : bytes[0];
            if (band == BAND_OF_ERRORS) {
                throw new IOException("the upstream broke off while it sent commits");
            }
            if (band == BAND_OF_PACK) {
                out.write(bytes, 1, bytes.length - 1);
            }
        }
    }

    private static final class FilterRefusedException extends IOException {
        private static final long serialVersionUID = 1;
    }

    /** Returns whether all of {@code pack} is one file. A commit may stand as a file, and no branch may have it. */
    private static boolean isFile(Path pack) throws IOException {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(pack))) {
            in.skipNBytes(8);
            return in.readInt() == 1 && (in.readByte() >> 4 & 7) == Constants.OBJ_BLOB;
        }
    }

    private void index(Path pack) throws IOException {
        try (ObjectInserter inserter = repository.newObjectInserter();
                InputStream in = Files.newInputStream(pack)) {
            PackParser parser = inserter.newPackParser(in);
            parser.setAllowThin(true);
            parser.setMaxObjectSizeLimit(PackScanner.MAX_OBJECT);
            parser.parse(NullProgressMonitor.INSTANCE);
            inserter.flush();
        }
    }

    private HttpCall question(byte[] packets) {
        String path = push.path().replaceFirst("/git-receive-pack$", "/git-upload-pack");
        return new HttpCall(
                "POST",
                push.authority(),
                path,
                List.of(),
                List.of(
                        new Header("accept", "application/x-git-upload-pack-result"),
                        new Header("content-type", TYPE),
                        new Header("git-protocol", "version=2")),
                Bytes.of(packets));
    }

    @Override
    public void close() {
        repository.close();
    }
}
