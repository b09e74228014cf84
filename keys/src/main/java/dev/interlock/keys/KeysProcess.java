package dev.interlock.keys;

import dev.interlock.program.ModuleClassPath;
import dev.interlock.vault.KeysConnection;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The keys process as a child of this one, reached over its standard input and output. */
public final class KeysProcess implements KeysConnection {

    /** A small heap and the cheapest collector and compiler: the process holds a few credentials and waits. */
    private static final List<String> FLAGS = List.of(
            "-Xmx32m",
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-XX:ReservedCodeCacheSize=16m",
            "-XX:CICompilerCount=1",
            "-XX:TrimNativeHeapInterval=5000", // what the C library keeps after the start
            "-XX:+ExitOnOutOfMemoryError",
            // Nobody can load code into it, and a crash leaves no dump of its memory.
            "-XX:+DisableAttachMechanism",
            "-XX:-CreateCoredumpOnCrash",
            // Standard output is the connection to the gateway: no message about an unusable cache may go there.
            "-Xlog:disable",
            "--sun-misc-unsafe-memory-access=allow"); // protobuf, below Tink, warns on standard error otherwise

    /** The AOT cache (JEP 483). It lies beside the program, so only users who may write the program may write it. */
    private static final String LEARNED = "keys.aot";

    private static final long GRACE_SECONDS = 2;
    private static final long LEARNING_SECONDS = 60; // limits the time for writing the cache, which takes some seconds

    private final Process process;
    private final long graceSeconds;

    private KeysProcess(Process process, long graceSeconds) {
        this.process = process;
        this.graceSeconds = graceSeconds;
    }

    /** Starts it; its standard error is this process's. */
    public static KeysProcess start(Path configuration) throws IOException {
        Optional<Path> learned = ModuleClassPath.jar(KeysMain.class)
                .filter(jar -> isFresh(jar.resolveSibling(LEARNED), jar))
                .map(jar -> jar.resolveSibling(LEARNED));
        return start(configuration, learned.map(cache -> "-XX:AOTCache=" + cache), GRACE_SECONDS);
    }

    /** Starts a training run; {@code option} has the JVM write what it learns once it is asked to end. */
    public static KeysProcess learn(Path configuration, String option) throws IOException {
        return start(configuration, Optional.of(option), LEARNING_SECONDS);
    }

    private static boolean isFresh(Path cache, Path jar) {
        return Files.exists(cache)
                && cache.toFile().lastModified() >= jar.toFile().lastModified();
    }

    private static KeysProcess start(Path configuration, Optional<String> cache, long graceSeconds) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command(configuration, cache))
                .directory(new File("/"))
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().clear();
        builder.environment().put("LANG", "C.UTF-8");
        Optional.ofNullable(System.getenv(KeysConfig.LOG_VARIABLE))
                .ifPresent(form -> builder.environment().put(KeysConfig.LOG_VARIABLE, form));
        return new KeysProcess(builder.start(), graceSeconds);
    }

    private static List<String> command(Path configuration, Optional<String> cache) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(
                Path.of(System.getProperty("java.home", "/usr"), "bin", "java").toString());
        command.addAll(FLAGS);
        cache.ifPresent(command::add);
        command.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir", "/tmp"));
        command.add("-cp");
        command.add(ModuleClassPath.of(KeysMain.class));
        command.add(KeysMain.class.getName());
        command.add(configuration.toAbsolutePath().toString());
        return command;
    }

    @Override
    public InputStream in() {
        return process.getInputStream();
    }

    @Override
    public OutputStream out() {
        return process.getOutputStream();
    }

    /** Asks the child to end, then kills it: one that hangs does not read the end of its input, and blocks writers. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (process.waitFor(graceSeconds, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
