package dev.interlock;

import dev.interlock.vault.KeysLine;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The keys process as a child of this one, talked to over its standard input and output. */
final class KeysProcess implements KeysLine {

    /** A small heap and the cheapest collector and compiler: it keeps a few credentials and waits. */
    private static final List<String> FLAGS = List.of(
            "-Xmx32m",
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-XX:ReservedCodeCacheSize=16m",
            "-XX:CICompilerCount=1",
            "-Xshare:auto",
            "-XX:+ExitOnOutOfMemoryError",
            // Nobody loads code into it, and what it dies of leaves no picture of its memory.
            "-XX:+DisableAttachMechanism",
            "-XX:-CreateCoredumpOnCrash",
            "--sun-misc-unsafe-memory-access=allow"); // protobuf, below Tink, warns on standard error otherwise

    private static final long GRACE_SECONDS = 2;

    private final Process process;

    private KeysProcess(Process process) {
        this.process = process;
    }

    /** Starts it; what it says on standard error goes where this process's does. */
    static KeysProcess start(Path configuration) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command(configuration))
                .directory(new File("/"))
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().clear();
        builder.environment().put("LANG", "C.UTF-8");
        return new KeysProcess(builder.start());
    }

    private static List<String> command(Path configuration) {
        List<String> command = new ArrayList<>();
        command.add(
                Path.of(System.getProperty("java.home", "/usr"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir", "/tmp"));
        command.add("-cp");
        command.add(classPath());
        command.add(KeysMain.class.getName());
        command.add(configuration.toAbsolutePath().toString());
        return command;
    }

    /** It runs elsewhere than this process. */
    private static String classPath() {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
            entries.add(Path.of(entry).toAbsolutePath().toString());
        }
        return String.join(File.pathSeparator, entries);
    }

    @Override
    public InputStream in() {
        return process.getInputStream();
    }

    @Override
    public OutputStream out() {
        return process.getOutputStream();
    }

    /** Told, and then made to: one that hangs does not read that its input has ended, and keeps who writes there. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
