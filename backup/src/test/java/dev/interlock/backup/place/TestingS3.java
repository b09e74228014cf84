package dev.interlock.backup.place;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.run.OwnerFiles;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server that speaks S3, in a process of its own: Adobe's S3Mock, with versions, parts and object lock as metadata.
 * It checks MD5 and no signature, and enforces no lock.
 */
public final class TestingS3 {

    private static Optional<TestingS3> shared = Optional.empty();

    private static final Pattern PORT = Pattern.compile("Tomcat started on ports .*?([0-9]+) \\(http\\)");

    private final Process process;
    private final URI endpoint;

    /**
     * Returns the server of this JVM, which ends with it: starting one takes longer than most tests that use it. A test
     * has buckets of its own.
     */
    public static synchronized TestingS3 shared() throws IOException {
        if (shared.isEmpty()) {
            Path directory = Files.createTempDirectory("s3mock");
            TestingS3 started = new TestingS3(directory);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> started.end(directory)));
            shared = Optional.of(started);
        }
        return shared.get();
    }

    private TestingS3(Path directory) throws IOException {
        Optional<String> jar = Arrays.stream(
                        System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> path.contains("s3mock"))
                .findFirst();
        assumeTrue(jar.isPresent(), "S3Mock is not on the class path");
        process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx384m",
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.io.tmpdir=" + directory,
                        "-jar",
                        jar.get(),
                        "--server.port=0",
                        "--http.port=0"))
                .redirectErrorStream(true)
                .start();
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder log = new StringBuilder();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            Matcher port = PORT.matcher(line);
            if (port.find()) {
                endpoint = URI.create("http://127.0.0.1:" + port.group(1));
                Thread.ofVirtual().start(() -> said.lines().forEach(_ -> {}));
                return;
            }
            log.append(line).append('\n');
        }
        throw new IllegalStateException("S3Mock did not start:\n" + log);
    }

    public URI endpoint() {
        return endpoint;
    }

    private void end(Path directory) {
        process.destroyForcibly().onExit().join();
        try {
            OwnerFiles.removeTree(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
