package dev.interlock.backup.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/** A backup tool's program, run as our user. Everybody can read both components: they have no secrets. */
public record UserProgram(List<String> command, Map<String, String> environment) {

    private static final Pattern NAME = Pattern.compile("[A-Z][A-Z0-9_]{0,63}");
    /** Makes each running command line unique, so that leftovers of one can be distinguished from others. */
    private static final AtomicLong BEGUN = new AtomicLong();

    public UserProgram {
        command = List.copyOf(command);
        environment = new TreeMap<>(environment);
        if (command.isEmpty() || !Path.of(command.getFirst()).isAbsolute()) {
            throw new IllegalArgumentException("a program must be an absolute path with its arguments");
        }
        for (String name : environment.keySet()) {
            if (!NAME.matcher(name).matches() || name.startsWith("INTERLOCK_") || name.startsWith("LD_")) {
                throw new IllegalArgumentException("`" + name + "` is not a name that `environment` may set");
            }
        }
    }

    public static Map<String, String> plain() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        environment.put("LC_ALL", "C.UTF-8");
        environment.put("TZ", "UTC");
        return environment;
    }

    /**
     * Starts it in its own tree of processes, which the kernel ends with its first process, and with our thread.
     * {@code told} are further environment variables.
     */
    public ChildProcesses.ChildProcess start(ChildProcesses children, Map<String, String> told) throws BackupException {
        Map<String, String> all = plain();
        all.putAll(told);
        all.putAll(environment);
        List<String> together = new ArrayList<>(List.of("bwrap", "--dev-bind", "/", "/", "--proc", "/proc"));
        together.addAll(List.of("--unshare-pid", "--die-with-parent", "--new-session"));
        together.addAll(List.of("--setenv", "INTERLOCK_CALL", Long.toString(BEGUN.incrementAndGet())));
        // With this, the next job can end processes that this one left in its scratch directory.
        told.forEach((name, value) -> together.addAll(List.of("--setenv", name, value)));
        together.add("--");
        together.addAll(command);
        return children.start(together, all);
    }

    /** Runs it to its end, without input; its output is discarded. */
    public void run(ChildProcesses children, Map<String, String> told) throws IOException {
        try (ChildProcesses.ChildProcess child = start(children, told)) {
            child.process().getOutputStream().close();
            child.silence();
            child.requireSuccess();
        }
    }
}
