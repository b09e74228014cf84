package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import dev.interlock.gate.PushReader.PushReading;
import dev.interlock.gate.PushReader.PushRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.eclipse.jgit.internal.storage.file.FileRepository;
import org.eclipse.jgit.lib.CommitBuilder;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.TreeFormatter;
import org.eclipse.jgit.transport.UploadPack;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests pushes at once, to a repository in which two branches lead to the same work. JGit is the server. */
class PushesAtOnceTest {

    private static final String NOTHING = "0".repeat(40);

    @TempDir
    private Path directory;

    private FileRepository server;
    private GitPushReader reader;
    private ObjectId first;
    private ObjectId work;

    @BeforeEach
    void start() throws IOException {
        GitPushReader.QuietSystem.install();
        server = new FileRepository(directory.resolve("server").toFile());
        server.create(true);
        server.getConfig().setBoolean("uploadpack", null, "allowFilter", true);
        server.getConfig().save();
        first = commit("first");
        work = commit("a day's work", first);
        branch("main", first);
        branch("topic", work);
        branch("copy", work);
        reader = new GitPushReader(
                directory.resolve("copies"),
                directory.resolve("pushes"),
                (_, _, call, answer, _) -> serve(call, answer),
                _ -> Set.of(),
                InstantSource.system());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private ObjectId commit(String message, ObjectId... parents) throws IOException {
        try (ObjectInserter inserter = server.newObjectInserter()) {
            CommitBuilder commit = new CommitBuilder();
            commit.setTreeId(inserter.insert(new TreeFormatter()));
            commit.setAuthor(new PersonIdent("Ann", "ann@acme.io"));
            commit.setCommitter(commit.getAuthor());
            commit.setMessage(message);
            commit.setParentIds(parents);
            ObjectId id = inserter.insert(Constants.OBJ_COMMIT, commit.build());
            inserter.flush();
            return id;
        }
    }

    private void branch(String name, ObjectId at) throws IOException {
        RefUpdate update = server.updateRef("refs/heads/" + name);
        update.setNewObjectId(at);
        update.setForceUpdate(true);
        update.update();
    }

    private void serve(HttpCall call, OutputStream answer) throws IOException {
        UploadPack upload = new UploadPack(server);
        upload.setBiDirectionalPipe(false);
        upload.setExtraParameters(List.of("version=2"));
        upload.upload(new ByteArrayInputStream(call.body().toArray()), answer, null);
    }

    private PushBody deletion(String branch) {
        return push(work.name(), NOTHING, branch);
    }

    private PushBody push(String before, String after, String branch) {
        return push(!after.equals(NOTHING), before + " " + after + " refs/heads/" + branch);
    }

    private PushBody push(boolean bringsPack, String... lines) {
        PacketWriter written = new PacketWriter();
        for (String line : lines) {
            written.line(line + (line.equals(lines[0]) ? "\0report-status delete-refs" : ""));
        }
        byte[] commands = written.flush().bytes();
        byte[] pack = bringsPack ? KeptPush.EMPTY_PACK.toArray() : new byte[0];
        Iterator<byte[]> left =
                Stream.of(commands, pack).filter(piece -> piece.length > 0).iterator();
        return new PushBody(() -> left.hasNext() ? Optional.of(left.next()) : Optional.empty(), directory);
    }

    /** Returns the number of commits that {@code push} would lose, at one of the repository's addresses. */
    private OptionalInt lost(PushBody push, String path) {
        return read(push, path).refs().getFirst().lost();
    }

    private PushReading.ReadPush read(PushBody push, String path) {
        Seal.Upstream upstream = new Seal.Upstream(
                "git",
                "git",
                URI.create("https://git.acme.io"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                List.of());
        HttpCall call =
                new HttpCall("POST", "git.acme.io", path + "/git-receive-pack", List.of(), List.of(), Bytes.empty());
        PushReading read = reader.read(
                new PushRequest(null, upstream, call.with(push), "L-1", "acme-agent", _ -> false, _ -> false));
        assertThat(read).isInstanceOf(PushReading.ReadPush.class);
        return (PushReading.ReadPush) read;
    }

    /** Each would be harmless alone, because the other branch would keep the work. */
    @Test
    void twoDeletionsAtOnceDoNotCountOnEachOther() {
        try (PushBody first = deletion("topic");
                PushBody second = deletion("copy")) {
            assertThat(lost(first, "/acme/shop.git")).hasValue(0);
            assertThat(lost(second, "/acme/shop")).hasValue(1);
            assertThat(lost(first, "/acme/shop.git")).as("resolved once more").hasValue(1);
        }
        try (PushBody later = deletion("copy")) {
            assertThat(lost(later, "/acme/shop.git"))
                    .as("the first was refused")
                    .hasValue(0);
        }
    }

    /** It takes nothing from its branch, so that others may go on deleting what is merged there. */
    @Test
    void aPushThatOnlyAddsIsCountedOn() throws IOException {
        branch("copy", first);
        try (PushBody adding = push(first.name(), work.name(), "copy");
                PushBody deletion = deletion("topic")) {
            assertThat(lost(adding, "/acme/shop.git")).hasValue(0);
            branch("copy", work);
            assertThat(lost(deletion, "/acme/shop.git")).hasValue(0);
        }
    }

    /** A server refuses a branch below another one, for example, and does the rest of the push. */
    @Test
    void whatTheSamePushMakesIsNotCountedOn() throws IOException {
        branch("copy", first);
        String making = NOTHING + " " + work.name() + " refs/heads/topic/kept";
        try (PushBody deleting = push(true, work.name() + " " + NOTHING + " refs/heads/topic", making);
                PushBody forced = push(true, work.name() + " " + first.name() + " refs/heads/topic", making)) {
            for (PushBody push : List.of(deleting, forced)) {
                PushReading.ReadPush read = read(push, "/acme/shop.git");
                assertThat(read.refs().getFirst().lost()).hasValue(1);
                Bytes kept = read.prior().state(1024 * 1024).orElseThrow();
                assertThat(KeptPush.read(kept).history()).isNotEqualTo(KeptPush.EMPTY_PACK);
                push.close();
            }
        }
    }

    /** A gateway that is killed leaves a part of a copy, and files of a fetch. Commits would be missing there. */
    @Test
    void aCopyThatWasRemovedInPartIsMadeAnew() throws IOException {
        try (PushBody push = deletion("topic")) {
            lost(push, "/acme/shop.git");
        }
        Path copy;
        try (Stream<Path> all = Files.list(directory.resolve("copies"))) {
            copy = all.toList().getFirst();
        }
        List<Path> left = List.of(
                Files.createFile(copy.resolve("answer1.tmp")),
                Files.createFile(copy.resolve("objects/incoming_1.pack")));
        try (PushBody push = deletion("topic")) {
            lost(push, "/acme/shop.git");
        }
        assertThat(left).allSatisfy(file -> assertThat(file).doesNotExist());

        Path pack = Files.createFile(copy.resolve("objects/pack/pack-1.pack"));
        Files.delete(copy.resolve(Constants.CONFIG)); // the first that is removed
        try (PushBody push = deletion("topic")) {
            assertThat(lost(push, "/acme/shop.git")).hasValue(0);
        }
        assertThat(pack).doesNotExist();
    }
}
