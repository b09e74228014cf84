package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Secret;
import dev.interlock.evidence.LogVerifier;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A copy at S3Proxy, whose S3 and whose check of signatures are other people's. It knows no locks. */
class S3ProxyTest {

    private static final Pattern LISTENING = Pattern.compile("Started ServerConnector.*\\{127\\.0\\.0\\.1:(\\d+)}");

    private static Path program() {
        Path cache = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .map(Path::of)
                .orElse(Path.of(System.getProperty("user.home"), ".cache"));
        return Optional.ofNullable(System.getenv("INTERLOCK_AGENTS"))
                .map(Path::of)
                .orElse(cache.resolve("interlock-agents"))
                .resolve("s3proxy-2.6.0-jar-with-dependencies.jar");
    }

    @Test
    @Tag("process")
    void anotherProgramsStoreTakesTheCopyAndGivesItBack(@TempDir Path directory) throws Exception {
        assumeTrue(Files.exists(program()), () -> program() + " is missing: .ci/run fetches it");
        Path stored = Files.createDirectories(directory.resolve("stored/audit")).resolve("gateway-1");
        Path settings = Files.writeString(directory.resolve("s3proxy.conf"), """
                s3proxy.authorization=aws-v4
                s3proxy.endpoint=http://127.0.0.1:0
                s3proxy.identity=%s
                s3proxy.credential=%s
                s3proxy.ignore-unknown-headers=true
                jclouds.provider=filesystem
                jclouds.filesystem.basedir=%s
                """.formatted(
                        TestBucket.KEY, TestBucket.SECRET, stored.getParent().getParent()));
        Process server = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        program().toString(),
                        "--properties",
                        settings.toString())
                .redirectErrorStream(true)
                .start();
        try {
            URI root = URI.create("http://127.0.0.1:" + port(server) + "/audit/gateway-1/");
            String right = "aws_access_key_id = " + TestBucket.KEY + "\naws_secret_access_key = " + TestBucket.SECRET;
            refuses(directory, root, right.replace("EXAMPLEKEY", "WRONGKEY"));
            takes(directory, stored, root, right);
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    private static String port(Process server) throws IOException {
        BufferedReader lines = server.inputReader();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            Matcher listening = LISTENING.matcher(line);
            if (listening.find()) {
                Thread.ofVirtual().start(() -> lines.lines().forEach(_ -> {})); // or it would block
                return listening.group(1);
            }
        }
        throw new AssertionError("S3Proxy did not start");
    }

    private static LedgerConfig with(TestLedgers ledgers, URI root, String key) {
        return ledgers.config(false)
                .withBucket(Optional.of(new LedgerConfig.BucketAddress(
                        root, "us-east-1", 400, Optional.empty(), () -> new Secret(key))));
    }

    private static void refuses(Path directory, URI root, String key) throws IOException {
        try (Ledger ledger = Ledger.open(with(new TestLedgers(directory), root, key), new SecureRandom())) {
            TestLedgers.fill(ledger, 0, 10);
            TestLedgers.await(() -> ledger.status().replicating().isPresent());
            assertThat(ledger.status().replicating().get()).contains("status 403 SignatureDoesNotMatch: check");
        }
    }

    private static void takes(Path directory, Path stored, URI root, String key) throws Exception {
        TestLedgers ledgers = new TestLedgers(directory);
        Ledger ledger = Ledger.open(with(ledgers, root, key), new SecureRandom());
        try (ledger) {
            TestLedgers.fill(ledger, 10, 700);
        }
        S3Bucket bucket = new S3Bucket(with(ledgers, root, key).bucket().orElseThrow());
        Path copy = directory.resolve("copy");
        try (Stream<Path> files = Files.walk(stored)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = stored.relativize(file).toString();
                Path to = copy.resolve(name);
                Files.createDirectories(to.getParent());
                Files.write(to, bucket.get(name).orElseThrow());
            }
        }
        assertThat(new LogVerifier(List.of(ledger.verifierKey()), Map.of())
                        .verify(copy, Optional.of(ledgers.evidence()))
                        .problems())
                .isEmpty();
        assertThat(copy.resolve("checkpoints/700")).hasSameBinaryContentAs(copy.resolve("checkpoint"));
    }
}
