package dev.interlock.backup.place;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
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
public final class TestingS3 implements AutoCloseable {

    private static final Pattern PORT = Pattern.compile("Tomcat started on ports .*?([0-9]+) \\(http\\)");

    private final Process process;
    private final URI endpoint;

    /** Starts it, with its files in {@code directory}. */
    public TestingS3(Path directory) throws IOException {
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

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
