package dev.interlock.system;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The program that these tests start: a copy of the packaged build with the caches of a training run beside it, like an
 * installation. Hundreds of starts follow, each a second shorter.
 *
 * @param classPath the class path for {@code java -cp}
 * @param learned the directory of the caches; empty if the program was not packaged
 */
record Program(String classPath, Optional<Path> learned) {

    private static final String GATEWAY_JAR = "interlock-gateway-0.1.0-SNAPSHOT.jar";

    private static final long REHEARSAL_SECONDS = 300;

    /** The launcher's flags on which a cache depends. */
    private static final List<String> FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Xlog:disable");

    /** What the launchers give the gateway alone: with it, calls run on the event loops of their connections. */
    private static final String GATEWAY_FLAG = "--add-opens=java.base/java.lang=ALL-UNNAMED";

    private static final Program THE_ONE = prepared();

    static Program theOne() {
        return THE_ONE;
    }

    static boolean startsGateway(List<String> arguments) {
        return !arguments.isEmpty() && arguments.getFirst().equals("up");
    }

    /** The flags with which {@code arguments} of the program are started. */
    List<String> flags(List<String> arguments) {
        List<String> flags = new ArrayList<>(FLAGS);
        if (startsGateway(arguments)) {
            flags.add(GATEWAY_FLAG);
        }
        String cache = startsGateway(arguments) ? "interlock.aot" : "commands.aot";
        learned.map(directory -> directory.resolve(cache))
                .filter(Files::exists)
                .ifPresent(found -> flags.add("-XX:AOTCache=" + found));
        return flags;
    }

    /** The class path of the gateway, as the launchers give it: its jar, which names its libraries. */
    String gatewayClassPath() {
        return learned.map(directory -> directory.resolve(GATEWAY_JAR).toString())
                .orElse(classPath);
    }

    private static Program prepared() {
        List<Path> entries = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> !entry.contains("test-classes"))
                .map(entry -> Path.of(entry).toAbsolutePath())
                .filter(Files::exists)
                .toList();
        Optional<Path> packaged = entries.stream()
                .filter(entry -> entry.getFileName().toString().equals("interlock-cli.jar"))
                .findFirst();
        if (packaged.isEmpty()) {
            return new Program(joined(entries), Optional.empty());
        }
        Path directory = Path.of("target", "program").toAbsolutePath();
        // Other tests that run at the same time wait, and find it there.
        try (FileChannel lock = FileChannel.open(
                        Files.createDirectories(directory).resolve("lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
                FileLock _ = lock.lock()) {
            return rehearsed(packaged.get(), directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Program rehearsed(Path packaged, Path directory) throws IOException, InterruptedException {
        Path jar = directory.resolve(packaged.getFileName());
        boolean fresh = isFresh(jar, packaged);
        List<Path> entries = new ArrayList<>(List.of(jar));
        try (Stream<Path> libraries = Files.walk(packaged.resolveSibling(""), 2)) { // the demo's lie one below
            for (Path library : libraries
                    .filter(file -> file.toString().endsWith(".jar") && !file.equals(packaged))
                    .sorted()
                    .toList()) {
                Path copy = directory.resolve(library.getFileName());
                entries.add(copy);
                if (!isFresh(copy, library)) {
                    fresh = false;
                    Files.copy(library, copy, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        Program program = new Program(joined(entries), Optional.of(directory));
        if (!fresh) {
            Path copying = Files.copy(packaged, directory.resolve("copying"), StandardCopyOption.REPLACE_EXISTING);
            Files.move(copying, jar, StandardCopyOption.REPLACE_EXISTING);
            program.rehearse(directory);
        }
        return program;
    }

    private static boolean isFresh(Path copy, Path original) throws IOException {
        return Files.exists(copy)
                && Files.getLastModifiedTime(copy).compareTo(Files.getLastModifiedTime(original)) >= 0;
    }

    /** If it fails, starts are slower, with no other effect. */
    private void rehearse(Path directory) throws IOException, InterruptedException {
        Path scratch = Files.createTempDirectory("interlock-rehearsal-");
        List<String> command = new ArrayList<>(List.of(Programs.java()));
        command.addAll(FLAGS);
        command.addAll(
                List.of(GATEWAY_FLAG, "-cp", classPath, "../packaging/TrainingRun.java", scratch + "", directory + ""));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("rehearsal.log").toFile())
                .start();
        if (!process.waitFor(REHEARSAL_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        Programs.run(List.of("rm", "-rf", scratch.toString()), "");
    }

    private static String joined(List<Path> entries) {
        return String.join(
                File.pathSeparator, entries.stream().map(Path::toString).toList());
    }
}
