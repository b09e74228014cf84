package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares the Java verifier with the one for Node, which was written from the format pages alone. */
class SecondVerifierTest {

    private static final int COPIES = Integer.getInteger("interlock.copies", 200);

    @TempDir
    private Path directory;

    private final RichLog rich = new RichLog();

    private List<String> options() throws IOException {
        Path seals = Files.createDirectories(directory.resolve("seals"));
        Files.write(seals.resolve("1.json"), rich.envelope.write());
        Files.write(seals.resolve("2.json"), rich.laterEnvelope.write());
        Path sealKey = Files.writeString(directory.resolve("sealer.pub"), rich.sealer.line() + "\n");
        return List.of(
                "--vkey", rich.log.key().toString(), "--seal", seals.toString(), "--seal-key", sealKey.toString());
    }

    private Process startNode(List<Path> paths, List<String> options) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("node", extracted().resolve("verify.mjs").toString()));
        paths.forEach(path -> command.add(path.toString()));
        command.addAll(options);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("node.out").toFile())
                .start();
    }

    /** Returns what Node says of each path, one line of JSON. */
    private Map<Path, String> answers(Process node, List<Path> paths) throws Exception {
        node.waitFor();
        List<String> lines = Files.readAllLines(directory.resolve("node.out"));
        assertThat(lines).as("node's answer").hasSize(paths.size());
        Map<Path, String> verdicts = new LinkedHashMap<>();
        for (int i = 0; i < paths.size(); i++) {
            verdicts.put(paths.get(i), lines.get(i));
        }
        return verdicts;
    }

    /** The program as it is shipped, from the class path. */
    private Path extracted() throws IOException {
        Path program = Files.createDirectories(directory.resolve("program"));
        for (String name : List.of("verify.mjs", "log.mjs", "core.mjs")) {
            try (InputStream in =
                    Objects.requireNonNull(SecondVerifierTest.class.getResourceAsStream("verifier/" + name))) {
                Files.write(program.resolve(name), in.readAllBytes());
            }
        }
        return program;
    }

    private record JavaVerdict(int exit, String said) {}

    private static JavaVerdict java(Path path, List<String> options) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        List<String> arguments = new ArrayList<>(List.of("verify", path.toString()));
        arguments.addAll(options);
        return new JavaVerdict(new Main(print, print).run(arguments), out.toString(StandardCharsets.UTF_8));
    }

    private static boolean isNodeInstalled() {
        return Stream.of(Objects.requireNonNull(System.getenv("PATH")).split(":", -1))
                .anyMatch(place -> Files.isExecutable(Path.of(place, "node")));
    }

    private Path proof(Path log, int leaf) throws Exception {
        Receipt receipt = Receipt.read(rich.log.entries.get(leaf));
        boolean hasOutcome = leaf + 1 < rich.log.entries.size()
                && Receipt.read(rich.log.entries.get(leaf + 1)).intent().equals(Optional.of(receipt.id()));
        ProofBundle proof = StaticLog.open(log, List.of(rich.log.key()))
                .prove(leaf, hasOutcome ? Optional.of(leaf + 1L) : Optional.empty())
                .with(Optional.of(Json.readObject(rich.envelope.write())), rich.log.key());
        return write(leaf, proof);
    }

    /** Returns the proof of the call that witnesses saw, with what they saw. */
    private Path watchedProof(Path log) throws Exception {
        ProofBundle proof = StaticLog.open(log, List.of(rich.log.key()))
                .prove(rich.watched, Optional.of(rich.watched + 2L))
                .with(Optional.of(Json.readObject(rich.laterEnvelope.write())), rich.log.key());
        return write(rich.watched, proof);
    }

    private Path write(int leaf, ProofBundle proof) throws IOException {
        return Files.write(
                directory.resolve("proof" + leaf + ".json"), proof.json().canonical());
    }

    @Test
    @Tag("process")
    void bothVerifiersAgreeOnASoundLogAndOnEveryAlteredCopy() throws Exception {
        assumeTrue(isNodeInstalled(), "node is not installed");
        long seed = Long.getLong("interlock.seed", RandomGenerator.getDefault().nextLong());
        System.err.println("seed " + seed);
        List<String> options = options();
        Path log = directory.resolve("sound");
        rich.log.write(log, 20);
        SoftLog.compress(log);
        Alterations alterations = new Alterations(rich.log, new Random(seed));
        Map<Path, String> copies = new LinkedHashMap<>();
        copies.put(log, "nothing");
        for (int leaf : rich.confirmed) {
            copies.put(proof(log, leaf), "nothing");
        }
        copies.put(watchedProof(log), "nothing");
        int sound = copies.size();
        List<Path> proofs = copies.keySet().stream().skip(1).toList();
        for (int i = 0; i < COPIES; i++) {
            Path copy = directory.resolve("copy" + i);
            copies.put(copy, alterations.next(log, proofs, copy));
        }
        copies.put(erasedLog("erased", SealedTexts.AGENT), "texts erased");
        copies.put(erasedLog("claimed", "jer/cursor"), "texts said to be erased by an agent");
        int refused = compare(copies, options);
        assertThat(refused).as("most alterations matter").isBetween(1, copies.size() - sound);
        System.err.println(refused + " of " + COPIES + " altered copies refused by both");
        List<String> withoutLater = new ArrayList<>(options);
        withoutLater.set(3, directory.resolve("seals/1.json").toString());
        compare(copies, withoutLater);
        compare(copies, options.subList(0, 2));
    }

    /** Returns how many neither verifier accepts, and requires that both say the same of each, and why. */
    private int compare(Map<Path, String> copies, List<String> options) throws Exception {
        boolean hasAll = options.size() > 4 && options.get(3).endsWith("seals");
        Process node = startNode(List.copyOf(copies.keySet()), options);
        List<String> json = new ArrayList<>(options);
        json.add("--json");
        Map<Path, JavaVerdict> verdicts = new LinkedHashMap<>();
        copies.keySet().forEach(copy -> verdicts.put(copy, java(copy, json)));
        Map<Path, String> answers = answers(node, List.copyOf(copies.keySet()));
        List<String> differences = new ArrayList<>();
        int refused = 0;
        for (Map.Entry<Path, String> copy : copies.entrySet()) {
            JavaVerdict java = Objects.requireNonNull(verdicts.get(copy.getKey()));
            String second = Objects.requireNonNull(answers.get(copy.getKey()));
            refused += java.exit() == 0 ? 0 : 1;
            boolean agree = Pattern.compile("\"exit\":" + java.exit() + "[,}]")
                            .matcher(second)
                            .find()
                    && (!second.contains("\"sound\":true") || because(second).equals(because(java.said())));
            if (!agree || (hasAll && copy.getValue().equals("nothing") && java.exit() != 0)) {
                differences.add(copy.getValue() + "\n  java " + java.exit() + ": "
                        + java.said().strip() + "\n  node: " + second);
            }
        }
        assertThat(differences).as("%s, %d refused", options, refused).isEmpty();
        return refused;
    }

    private static String because(String said) {
        Matcher reasons = Pattern.compile("\"unchecked_because\":\\{[^}]*}").matcher(said);
        return reasons.find() ? reasons.group() : "";
    }

    /** Returns the log with sealed texts, some of which {@code agent} says were erased. */
    private Path erasedLog(String name, String agent) throws Exception {
        List<byte[]> before = List.copyOf(rich.log.entries);
        TextKeys keys = TextKeys.read(Files.writeString(directory.resolve("text.keys"), "a secret".repeat(8192)));
        AtomicLong numbers = new AtomicLong();
        try {
            rich.log.entries.subList(rich.watched, before.size()).clear(); // witnesses saw other bytes
            rich.log.entries.replaceAll(entry -> SealedTexts.seal(Receipt.read(entry), numbers::incrementAndGet, keys)
                    .canonical());
            rich.log.add(new Receipt(
                    LogVerifierTest.id(999),
                    Receipt.Kind.ADMIN,
                    SealSamples.NOW,
                    RichLog.ORIGIN,
                    Json.object()
                            .with("command", SealedTexts.ACT)
                            .with("agent", agent)
                            .with("act", "erase")
                            .withTexts(SealedTexts.NUMBERS, List.of("1-20"))));
            Path log = directory.resolve(name);
            rich.log.write(log, 20);
            assertThat(because(java(log, withJson()).said()).contains("\"erased\":0"))
                    .as("only the gateway erases")
                    .isEqualTo(!agent.equals(SealedTexts.AGENT));
            return log;
        } finally {
            rich.log.entries.clear();
            rich.log.entries.addAll(before);
        }
    }

    private List<String> withJson() throws IOException {
        List<String> options = new ArrayList<>(options());
        options.add("--json");
        return options;
    }

    /** That a receipt names no demand for witnesses is the word of whoever made it. */
    @Test
    @Tag("process")
    void aProofWithoutItsSealSaysNothingOfWitnesses() throws Exception {
        assumeTrue(isNodeInstalled(), "node is not installed");
        Receipt watched = Receipt.read(rich.log.entries.get(rich.watched));
        rich.log.entries.set(
                rich.watched,
                watched.with(watched.members().without(List.of("witnesses"))).canonical());
        Path log = directory.resolve("log");
        rich.log.write(log, 20);
        int read = rich.log.entries.size() - 1;
        Map<Path, Integer> expected = new LinkedHashMap<>();
        for (int leaf : List.of(rich.watched, read)) {
            ProofBundle bundle = StaticLog.open(log, List.of(rich.log.key())).prove(leaf, Optional.empty());
            expected.put(write(leaf, bundle), leaf == read ? 0 : 2);
        }
        List<String> options = List.of("--vkey", rich.log.key().toString());
        List<Path> proofs = List.copyOf(expected.keySet());
        Map<Path, String> answers = answers(startNode(proofs, options), proofs);
        for (Path proof : proofs) {
            assertThat(java(proof, options).exit()).isEqualTo(expected.get(proof));
            assertThat(answers.get(proof)).contains("\"exit\":" + expected.get(proof));
        }
    }

    /** What a compressed file can be instead: each is refused by both, and named. */
    @Test
    @Tag("process")
    void bothNameACompressedFileThatDiffers() throws Exception {
        assumeTrue(isNodeInstalled(), "node is not installed");
        SoftLog small = new SoftLog(LogVerifierTest.ORIGIN);
        for (int i = 0; i < 300; i++) {
            small.add(LogVerifierTest.refused(i));
        }
        Path sound = directory.resolve("sound");
        small.write(sound, 100);
        SoftLog.compress(sound);
        List<Path> copies = new ArrayList<>(List.of(sound));
        List<String> altered = new ArrayList<>();
        for (String name : List.of("tile/entries/000.gz", "segments/" + Segment.fileName(100) + ".gz")) {
            byte[] good = Files.readAllBytes(sound.resolve(name));
            byte[] contents = GzipFile.decompress(good);
            byte[] other = contents.clone();
            other[500] ^= 1;
            byte[] flipped = good.clone();
            flipped[good.length / 2] ^= 1;
            byte[] header = good.clone();
            header[5] = 1; // the time, which gzip itself leaves open
            byte[] many = SoftLog.gzip(new byte[(16 << 20) + 1]);
            List<byte[]> all = List.of(
                    SoftLog.gzip(other),
                    flipped,
                    header,
                    many,
                    Arrays.copyOf(good, good.length / 2),
                    Arrays.copyOf(good, good.length + 1),
                    SshWire.concat(good, SoftLog.gzip(new byte[0])),
                    new byte[0]);
            for (byte[] bytes : all) {
                copies.add(copy(sound, directory.resolve("copy" + copies.size()), name, bytes));
                altered.add(name);
            }
            // Both forms, as a crash leaves them; and both, but not the same.
            copies.add(copy(sound, directory.resolve("copy" + copies.size()), GzipFile.plain(name), contents));
            altered.add("");
            Path both = copy(sound, directory.resolve("copy" + copies.size()), GzipFile.plain(name), contents);
            Files.write(both.resolve(name), SoftLog.gzip(other));
            copies.add(both);
            altered.add(name);
        }
        List<String> options = List.of("--vkey", small.key().toString());
        Map<Path, String> answers = answers(startNode(copies, options), copies);
        for (int i = 0; i < copies.size(); i++) {
            String name = i == 0 ? "" : altered.get(i - 1);
            JavaVerdict java = java(copies.get(i), options);
            String node = Objects.requireNonNull(answers.get(copies.get(i)));
            assertThat(java.exit()).as("copy %d, %s: %s", i, name, java.said()).isEqualTo(name.isEmpty() ? 0 : 1);
            assertThat(node).as("copy %d", i).contains(name.isEmpty() ? "\"exit\":0" : "\"exit\":1", name);
            assertThat(java.said()).as("copy %d", i).contains(name);
        }
    }

    private static Path copy(Path from, Path to, String name, byte[] bytes) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                SoftLog.put(to, from.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        SoftLog.put(to, name, bytes);
        return to;
    }

    @Test
    @Tag("process")
    void onePasskeyIsNotTwoPeopleToEither() throws Exception {
        assumeTrue(isNodeInstalled(), "node is not installed");
        List<String> options = options();
        Statement statement = SealSamples.statement(rich.seal, SealSamples.obligations(false, "2 of owners"));
        Json.Members hers =
                rich.passkey.sign(statement.canonical(), rich.passkey.byCode()).json();
        Json.Members his = hers.with("enrolment", hers.object("enrolment").with("person", "jer"));
        rich.log.add(new Receipt(
                LogVerifierTest.id(rich.log.entries.size()),
                Receipt.Kind.INTENT,
                SealSamples.NOW,
                RichLog.ORIGIN,
                SealSamples.confirmed(rich.seal, statement)
                        .with(
                                "confirmation",
                                Json.object()
                                        .with("statement", statement.json())
                                        .withTexts("signatures", List.of(hers.canonicalText(), his.canonicalText())))));
        Path log = directory.resolve("log");
        rich.log.write(log, 20);
        Path proof = proof(log, rich.log.entries.size() - 1);
        assertThat(java(proof, options).exit()).isEqualTo(1);
        assertThat(answers(startNode(List.of(proof), options), List.of(proof)).get(proof))
                .contains("\"exit\":1", "not signed by 2 of owners");
    }

    /** The file's own seal counts for nothing, as in Java: whoever made the file could have made its keys. */
    @Test
    @Tag("process")
    void aSealOfNoGivenKeyLeavesTheSignaturesUncheckedByBoth() throws Exception {
        assumeTrue(isNodeInstalled(), "node is not installed");
        Path log = directory.resolve("log");
        rich.log.write(log, 20);
        Path proof = proof(log, rich.confirmed.getFirst());
        List<String> options = List.of("--vkey", rich.log.key().toString());
        JavaVerdict first = java(proof, options);
        assertThat(first.exit()).isEqualTo(2);
        assertThat(first.said()).contains("carries the signatures it needed: unchecked");
        assertThat(answers(startNode(List.of(proof), options), List.of(proof)).get(proof))
                .contains("\"signed\":\"unchecked\"", "\"by\":[]", "\"exit\":2");
    }

    /** What cannot be read is unchecked, and no fault. */
    @Test
    @Tag("process")
    void sealedTextsLeaveSignaturesUncheckedByBoth() throws Exception {
        assumeTrue(isNodeInstalled(), "node is not installed");
        AtomicLong numbers = new AtomicLong();
        TextKeys keys = TextKeys.read(Files.write(
                directory.resolve("text.keys"), "a secret".repeat(8192).getBytes(StandardCharsets.UTF_8)));
        rich.log.entries.subList(rich.watched, rich.log.entries.size()).clear(); // witnesses saw other bytes
        rich.log.entries.replaceAll(entry -> SealedTexts.seal(Receipt.read(entry), numbers::incrementAndGet, keys)
                .canonical());
        Path log = directory.resolve("log");
        rich.log.write(log, 20);
        JavaVerdict first = java(log, options());
        assertThat(first.exit()).as(first.said()).isEqualTo(2);
        assertThat(answers(startNode(List.of(log), options()), List.of(log)).get(log))
                .contains("\"signed\":\"unchecked\"", "\"exit\":2");
    }

    /** A proof shows what its key opens, also on the page, which runs the same code; no other key opens it. */
    @Test
    @Tag("process")
    void theTextsOfAProofAreOpenedByBothAndOnlyByTheirKey() throws Exception {
        assumeTrue(isNodeInstalled(), "node is not installed");
        Path file = Files.writeString(directory.resolve("text.keys"), "a secret".repeat(8192));
        AtomicLong numbers = new AtomicLong();
        rich.log.entries.subList(rich.watched, rich.log.entries.size()).clear(); // witnesses saw other bytes
        TextKeys keys = TextKeys.read(file);
        rich.log.entries.replaceAll(entry -> SealedTexts.seal(Receipt.read(entry), numbers::incrementAndGet, keys)
                .canonical());
        Path log = directory.resolve("log");
        rich.log.write(log, 20);
        TextKeys others = TextKeys.read(Files.writeString(directory.resolve("other.keys"), "b".repeat(65_536)));
        Map<Path, Integer> expected = new LinkedHashMap<>();
        for (int leaf : rich.confirmed.stream().filter(at -> at < rich.watched).toList()) {
            ProofBundle bundle = StaticLog.open(log, List.of(rich.log.key()))
                    .prove(leaf, Optional.empty())
                    .with(Optional.of(Json.readObject(rich.envelope.write())), rich.log.key());
            expected.put(write(leaf, bundle.with(keys)), 0);
            expected.put(write(1000 + leaf, bundle.with(others)), 1);
            expected.put(write(2000 + leaf, bundle), 2);
        }
        assertThat(expected.values()).contains(0, 1, 2);
        List<Path> proofs = List.copyOf(expected.keySet());
        Map<Path, String> answers = answers(startNode(proofs, options()), proofs);
        for (Path proof : proofs) {
            assertThat(java(proof, options()).exit()).isEqualTo(expected.get(proof));
            assertThat(answers.get(proof)).contains("\"exit\":" + expected.get(proof));
        }
    }

    /** Whoever leaves the outcome out must not hide that nobody had seen the call. */
    @Test
    @Tag("process")
    void aProofWithoutTheOutcomeDoesNotSayThatWitnessesSawTheCall() throws Exception {
        assumeTrue(isNodeInstalled(), "node is not installed");
        Path log = directory.resolve("log");
        rich.log.write(log, 20);
        ProofBundle bundle = StaticLog.open(log, List.of(rich.log.key()))
                .prove(rich.watched, Optional.empty())
                .with(Optional.of(Json.readObject(rich.laterEnvelope.write())), rich.log.key());
        Path proof = write(rich.watched, bundle);
        JavaVerdict first = java(proof, options());
        assertThat(first.said()).contains("carries the signatures it needed: unchecked");
        assertThat(first.exit()).isEqualTo(2);
        assertThat(answers(startNode(List.of(proof), options()), List.of(proof)).get(proof))
                .contains("\"signed\":\"unchecked\"", "\"exit\":2");
    }

    /** A gateway can make such a passkey itself. */
    @Test
    @Tag("process")
    void aPasskeyByCodeIsCalledTheGatewaysWord() throws Exception {
        assumeTrue(isNodeInstalled(), "node is not installed");
        Path log = directory.resolve("log");
        rich.log.write(log, 20);
        List<Path> proofs = new ArrayList<>();
        for (int leaf : rich.confirmed) {
            proofs.add(proof(log, leaf));
        }
        assertThat(answers(startNode(proofs, options()), proofs).values())
                .filteredOn(said -> said.contains("that the gateway alone says is theirs"))
                .hasSize(1);
    }
}
