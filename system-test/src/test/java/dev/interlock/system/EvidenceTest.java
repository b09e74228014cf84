package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the gateway's evidence as a stranger would verify it: offline, with keys from elsewhere. */
@Timeout(300)
@Tag("process")
final class EvidenceTest {

    /** The number of reads that leave more than the 256 receipts of a whole tile, with their outcomes. */
    private static final int FULL_TILE = 130;

    private static Installation installation;
    private static String logKey;

    /** A copy of the log from when only some of it was written. */
    @TempDir
    private static Path early;

    private static String proof;
    private static String released;

    @TempDir
    private Path directory;

    @BeforeAll
    static void open() throws Exception {
        installation = Installation.open(false);
        logKey = installation.logKey();
        Agent agent = installation.agent();
        for (int i = 0; i < FULL_TILE; i++) {
            assertThat(agent.ask(Agent.read()).status()).isEqualTo(200);
        }
        installation.stop();
        copy(installation.ledger(), early.resolve("ledger"));

        installation.up(List.of());
        String delete = Agent.delete(TestingRailway.disposable(0));
        installation.sign(agent.ask(delete).hold(), "sam");
        released = agent.ask(delete).receipt().orElseThrow();
        Programs.await(
                "the outcome is on record",
                () -> !installation.outcomes(released).isEmpty());
        proof = installation.interlock(List.of("prove", released), "").expect(0).out();
        String outcome = installation.receipts().stream()
                .filter(receipt -> receipt.optionalText("intent").equals(Optional.of(released)))
                .map(receipt -> receipt.text("id"))
                .findFirst()
                .orElseThrow();
        assertThat(installation
                        .interlock(List.of("prove", outcome), "")
                        .expect(0)
                        .out())
                .as("of an outcome, its call is proven")
                .isEqualTo(proof);
        installation.stop();
    }

    @AfterAll
    static void close() throws Exception {
        installation.close();
    }

    @Test
    void aReceiptIsProvenToAStranger() throws Exception {
        Path file = Files.writeString(directory.resolve("proof.json"), proof);
        assertThat(verify(file, 2)).contains("\"proven\":true", released, "\"signed\":\"unchecked\"");
        assertThat(verify(file, 0, withSeal())).contains("\"proven\":true", released, "\"signed\":\"yes\"");

        Files.writeString(file, proof.replaceFirst("\"at\":\"2", "\"at\":\"3"));
        assertThat(verify(file, 1)).contains("\"proven\":false");
    }

    /** The page has no key of its own: it says by which the file holds, until the reader gives theirs. */
    @Test
    void aStrangerChecksAProofOnAPageWithoutNetwork() throws Exception {
        RealBrowser.assumeInstalled();
        Path page = directory.resolve("check.html");
        installation.interlock(List.of("prove", "--page", page.toString()), "").expect(0);
        Path file = Files.writeString(directory.resolve("proof.json"), proof);
        new RealBrowser(installation)
                .browse(
                        "proof.mjs",
                        RealBrowser.tools()
                                .with("page", page.toString())
                                .with("proof", file.toString())
                                .with("log_key", logKey)
                                .with("seal_key", withSeal()[3])
                                .with("other_key", Files.readString(Path.of(installation.key("sam") + ".pub")))
                                .withTexts("words", List.of("jer", "fix-staging", "volumeDelete")));
    }

    /** It was written from the format pages, in another language. */
    @Test
    void theSecondVerifierAgrees() throws Exception {
        assumeTrue(Programs.has("node"), "node is not installed");
        Path file = Files.writeString(directory.resolve("proof.json"), proof);
        List<String> seal = List.of(withSeal());
        assertThat(second(file, seal)).contains("\"exit\":0", "\"signed\":\"yes\"");
        assertThat(second(installation.ledger(), seal)).contains("\"exit\":0", "\"checked\":1");
        assertThat(second(installation.ledger(), List.of())).contains("\"exit\":2", "\"sound\":true");
    }

    private String second(Path path, List<String> more) throws Exception {
        for (String name : List.of("verify.mjs", "log.mjs", "core.mjs")) {
            try (InputStream in = Objects.requireNonNull(
                    EvidenceTest.class.getResourceAsStream("/dev/interlock/evidence/verifier/" + name))) {
                Files.write(directory.resolve(name), in.readAllBytes());
            }
        }
        List<String> command = new ArrayList<>(
                List.of("node", directory.resolve("verify.mjs").toString(), path.toString(), "--vkey", logKey));
        command.addAll(more);
        Process node = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void theWholeLogVerifies() throws Exception {
        List<String> options =
                new ArrayList<>(List.of("--replica", installation.replica().toString()));
        options.addAll(List.of(withSeal()));
        assertThat(verify(installation.ledger(), 0, options.toArray(String[]::new)))
                .contains("\"records_sound\":true", "\"confirmed_actions_signed\":\"yes\"", "\"confirmed\":1");
        // Without the seal nobody can tell whose signatures counted: the verifier does not confirm them.
        assertThat(verify(installation.replica(), 2)).contains("\"records_sound\":true", "\"missing_seals\":[\"");
    }

    @Test
    @Tag("promise")
    void oneFlippedByteInEachKindOfFileIsNamed() throws Exception {
        flipped("checkpoint", 0.5);
        flipped("tile/0/000", 0.5);
        flipped("tile/0/001.p/", 0.5);
        flipped("tile/1/000.p/", 0.5);
        flipped("tile/entries/000", 0.5);
        flipped("tile/entries/001.p/", 0.5);
        flipped("segments/", 0);
        // A segment is preallocated: the flipped byte must be in the part that holds data.
        flipped("segments/", -1);
    }

    /**
     * Flips a byte of the newest file whose name begins with {@code kind}: at {@code place}, a part of its length, or
     * in the middle of a receipt.
     */
    private void flipped(String kind, double place) throws Exception {
        Path copy = directory.resolve("copy");
        copy(installation.ledger(), copy);
        Path file = files(copy).stream()
                .filter(path -> copy.relativize(path).toString().startsWith(kind))
                .reduce((_, last) -> last)
                .orElseThrow(() -> new AssertionError("no file of kind " + kind));
        byte[] bytes = Files.readAllBytes(file);
        int at = place < 0
                ? new String(bytes, StandardCharsets.ISO_8859_1).indexOf(released)
                : (int) (bytes.length * place);
        bytes[at] ^= 1;
        Files.write(file, bytes);
        assertThat(verify(copy, 1)).as(kind).contains(copy.relativize(file).toString());
        Installation.remove(copy);
    }

    @Test
    void aTruncatedLogIsCaughtAgainstTheReplica() throws Exception {
        Path truncated = early.resolve("ledger");
        // The truncated log by itself is valid, because it is an earlier state of the log.
        assertThat(verify(truncated, 0)).contains("\"records_sound\":true");
        assertThat(verify(truncated, 1, "--replica", installation.replica().toString()))
                .contains("\"records_sound\":false");
    }

    @Test
    void theGatewayDoesNotOpenATruncatedLog() throws Exception {
        Path whole = installation.ledger();
        Path aside = installation.root().resolve("data/aside");
        Files.move(whole, aside);
        try {
            copy(early.resolve("ledger"), whole);
            Programs.ProgramResult up = installation.interlock(List.of("up", "--same-user"), "");
            assertThat(up.exit()).isNotZero();
            assertThat(up.err()).contains("ledger");
        } finally {
            Installation.remove(whole);
            Files.move(aside, whole);
        }
    }

    private static String[] withSeal() throws Exception {
        return new String[] {
            "--seal",
            installation.root().resolve("data/seal.json").toString(),
            "--seal-key",
            Files.readString(Path.of(installation.key("sealer") + ".pub")).strip()
        };
    }

    private static String verify(Path path, int status, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of("verify", path.toString(), "--json", "--vkey", logKey));
        command.addAll(List.of(more));
        return installation.interlock(command, "").expect(status).out();
    }

    private static void copy(Path from, Path to) throws IOException {
        for (Path file : files(from)) {
            Path target = to.resolve(from.relativize(file));
            Files.createDirectories(target.getParent());
            Files.copy(file, target);
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
