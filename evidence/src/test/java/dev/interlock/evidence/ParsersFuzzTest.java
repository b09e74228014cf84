package dev.interlock.evidence;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Fuzzes the parsers: only {@link MalformedException} may come out, and accepted input is written back the same. */
class ParsersFuzzTest {

    private static final VerifierKey KEY = new SoftLog("interlock.example/log").key();

    @FuzzTest
    void json(byte[] bytes) {
        reads(() -> same(bytes, Json.read(bytes).canonical()));
    }

    @FuzzTest
    void receipt(byte[] bytes) {
        reads(() -> same(bytes, Receipt.read(bytes).canonical()));
    }

    @FuzzTest
    void statement(byte[] bytes) {
        reads(() -> same(bytes, Statement.read(bytes).canonical()));
    }

    @FuzzTest
    void seal(byte[] bytes) {
        reads(() -> SealDocument.read(bytes));
    }

    @FuzzTest
    void envelope(byte[] bytes) {
        reads(() -> same(bytes, Envelope.read(bytes).write()));
    }

    @FuzzTest
    void publicKey(byte[] bytes) {
        reads(() -> SshPublicKey.parse(new String(bytes, StandardCharsets.UTF_8)));
        reads(() -> SshPublicKey.ofBlob(bytes));
    }

    @FuzzTest
    void signature(byte[] bytes) {
        reads(() -> SshSignature.parse(new String(bytes, StandardCharsets.UTF_8)));
        reads(() -> SshSignature.parse(SoftKey.armor(bytes)));
    }

    private static final StatementReader NO_GRAMMAR = new StatementReader() {
        @Override
        public Optional<List<LoggedStatement>> read(String sql) {
            return Optional.empty();
        }

        @Override
        public boolean isNone(String sql) {
            return sql.isEmpty();
        }
    };

    @FuzzTest
    void providersLog(byte[] bytes) throws IOException {
        Path file = Files.createTempFile("events", ".json");
        try {
            Files.write(file, bytes);
            compares(new PostgresLog(List.of(file.toString()), NO_GRAMMAR));
            compares(new GithubAuditLog(List.of(file.toString()), ""));
        } finally {
            Files.delete(file);
        }
    }

    private static void compares(ProviderLog log) throws IOException {
        CallFilter always = new CallFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
        try {
            new Reconciliation(
                            log,
                            new Reconciliation.Scope("postgres", always, Duration.ZERO, Optional.empty(), Set.of()))
                    .compare();
        } catch (MalformedException | CharacterCodingException e) {
            // Refused, as malformed input should be.
        }
    }

    @FuzzTest
    void assertion(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        reads(() -> same(
                bytes,
                PersonSignature.parse(text).json() instanceof Json.Text(String armored)
                        ? armored.getBytes(StandardCharsets.UTF_8)
                        : PersonSignature.parse(text).json().canonical()));
        reads(() -> same(bytes, Enrolment.parse(text).json().canonical()));
    }

    @FuzzTest
    void clientData(byte[] bytes) {
        reads(() -> ClientData.read(bytes));
    }

    @FuzzTest
    void seenIntent(byte[] bytes) {
        reads(() -> same(bytes, SeenIntent.read(Json.readObject(bytes)).json().canonical()));
    }

    /** Whoever can write to a log or to its keys reaches these: any keys, any text, in any place. */
    @FuzzTest
    void sealedTexts(byte[] bytes) throws IOException {
        Receipt bare = new Receipt(
                "R-01JD" + "0".repeat(22),
                Receipt.Kind.REFUSED,
                Instant.parse("2026-11-20T12:00:00Z"),
                "interlock.example/log",
                Json.object().with("task", "a task").with("reason", "why"));
        Path file = Files.createTempFile("text", ".keys");
        try (FileChannel open = FileChannel.open(Files.write(file, bytes))) {
            TextKeys keys = new TextKeys(Optional.of(open));
            reads(() -> SealedTexts.open(Receipt.read(bytes), keys));
            if (keys.of(0, bare.id()).isPresent()) {
                Receipt sealed = SealedTexts.seal(bare, () -> 0, keys);
                require(SealedTexts.open(sealed, keys).equals(bare));
                Json.Members other = sealed.members().object(SealedTexts.MEMBER).with("text", Base64Text.write(bytes));
                reads(() -> SealedTexts.open(sealed.with(sealed.members().with(SealedTexts.MEMBER, other)), keys));
                reads(() -> SealedTexts.open(
                        sealed.with(sealed.members().with(SealedTexts.MEMBER, Json.read(bytes))), keys));
            }
        } finally {
            Files.delete(file);
        }
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new AssertionError("the texts are not as they were");
        }
    }

    @FuzzTest
    void note(byte[] bytes) {
        reads(() -> same(bytes, Note.read(bytes).write()));
    }

    @FuzzTest
    void checkpoint(byte[] bytes) {
        reads(() -> same(
                bytes,
                Checkpoint.read(new String(bytes, StandardCharsets.UTF_8))
                        .text()
                        .getBytes(StandardCharsets.UTF_8)));
    }

    @FuzzTest
    void verifierKey(byte[] bytes) {
        reads(() -> VerifierKey.parse(new String(bytes, StandardCharsets.UTF_8)));
    }

    @FuzzTest
    void proofs(byte[] bytes) {
        reads(() -> ProofBundle.read(bytes));
    }

    @FuzzTest
    void witnessRequest(byte[] bytes) {
        reads(() -> same(bytes, WitnessRequest.read(bytes).write()));
    }

    @FuzzTest
    void cosignatures(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        Note note = new Note("text\n", List.of());
        reads(() -> same(
                SshWire.concat("text\n\n".getBytes(StandardCharsets.UTF_8), bytes),
                note.with(text).write()));
        reads(() -> WitnessKey.parse(text));
    }

    @FuzzTest
    void bundle(byte[] bytes) {
        reads(() -> same(bytes, EntryBundle.write(EntryBundle.read(bytes, 2))));
    }

    @FuzzTest
    void compressedFile(byte[] bytes) throws java.io.IOException {
        byte[] header = Arrays.copyOf(SoftLog.gzip(new byte[0]), 10);
        reads(() -> GzipFile.decompress(bytes));
        reads(() -> GzipFile.decompress(SshWire.concat(header, bytes)));
        same(bytes, GzipFile.decompress(SoftLog.gzip(bytes)));
    }

    @FuzzTest
    void segment(byte[] bytes) {
        reads(() -> walk(new Segment(SshWire.concat(Segment.header(0), bytes), 0)));
    }

    private static void walk(Segment segment) {
        Segment.Frame frame = segment.next();
        while (frame.found() == Segment.FrameState.FRAME || frame.found() == Segment.FrameState.DAMAGED) {
            frame = segment.next();
        }
    }

    @FuzzTest
    void auditorsArguments(byte[] bytes) {
        List<String> args = new String(bytes, StandardCharsets.UTF_8).lines().toList();
        java.io.PrintStream nowhere = new java.io.PrintStream(java.io.OutputStream.nullOutputStream());
        boolean help = args.contains("--help");
        if (!help && new Main(nowhere, nowhere).run(args) == Main.HOLDS) {
            throw new AssertionError("nothing was verified with " + KEY);
        }
    }

    private static void reads(Runnable reader) {
        try {
            reader.run();
        } catch (MalformedException e) {
            // Refused, as malformed input should be.
        }
    }

    private static void same(byte[] read, byte[] written) {
        if (!Arrays.equals(read, written)) {
            throw new AssertionError("two spellings of one value");
        }
    }
}
