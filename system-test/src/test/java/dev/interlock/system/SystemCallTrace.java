package dev.interlock.system;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the output of {@code strace -f -yy} of a gateway, and finds requests that were sent before their intent was on
 * disk.
 *
 * <p>It works for a gateway that serves one request at a time and sends its upstream nothing else.
 */
final class SystemCallTrace {

    /** The system calls to trace. */
    static final String CALLS =
            "read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync";

    /** Thread, call, descriptor's number, its open file, the rest. A socket's description holds `->`. */
    private static final Pattern BEGUN = Pattern.compile("^(\\d+) +(\\w+)\\((\\d+)<(.*?)>(?=[,)] ?|$)(.*)$");

    private static final Pattern RESUMED = Pattern.compile("^(\\d+) +<\\.\\.\\. (\\w+) resumed>(.*)$");
    private static final Pattern RESULT = Pattern.compile("= (-?\\d+)(?: .*)?$");

    private static final List<String> READS = List.of("read", "readv", "recvfrom", "recvmsg");
    private static final List<String> WRITES = List.of("write", "writev", "sendto", "sendmsg", "pwrite64", "pwritev");

    private final int clientPort;
    private final int upstreamPort;
    /** The ports from which the gateway calls itself. */
    private final Set<String> own = new HashSet<>();

    private final Map<String, UnfinishedCall> unfinished = new HashMap<>();
    private final List<String> violations = new ArrayList<>();
    private boolean appended;
    private boolean synced;
    private int requests;
    private int upstreamWrites;
    private int answers;

    private record UnfinishedCall(String call, String target) {}

    SystemCallTrace(int clientPort, int upstreamPort) {
        this.clientPort = clientPort;
        this.upstreamPort = upstreamPort;
    }

    /** Reads a whole trace. */
    static SystemCallTrace of(List<String> lines, int clientPort, int upstreamPort) {
        SystemCallTrace trace = new SystemCallTrace(clientPort, upstreamPort);
        // The gateway's own probes are no agent's calls, and HTTP/2 sends its settings before any request.
        Pattern own = Pattern.compile(":(\\d+)->[^>]*:" + clientPort + "]>");
        lines.forEach(line -> own.matcher(line).results().forEach(peer -> trace.own.add(peer.group(1))));
        lines.forEach(trace::line);
        return trace;
    }

    /** Returns every write to an upstream or a client that preceded the sync of its intent. */
    List<String> violations() {
        return violations;
    }

    int requests() {
        return requests;
    }

    int upstreamWrites() {
        return upstreamWrites;
    }

    int answers() {
        return answers;
    }

    private void line(String line) {
        Matcher resumed = RESUMED.matcher(line);
        Matcher begun = BEGUN.matcher(line);
        if (resumed.matches()) {
            Optional.ofNullable(unfinished.remove(resumed.group(1))).ifPresent(b -> ended(b, result(resumed.group(3))));
        } else if (begun.matches()) {
            UnfinishedCall call = new UnfinishedCall(begun.group(2), begun.group(4));
            started(call, line);
            if (line.endsWith("<unfinished ...>")) {
                unfinished.put(begun.group(1), call);
            } else {
                ended(call, result(begun.group(5)));
            }
        }
    }

    private static long result(String rest) {
        Matcher matcher = RESULT.matcher(rest);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : -1;
    }

    /** Records the start of a write, which counts from there: the bytes may be sent before the call returns. */
    private void started(UnfinishedCall call, String line) {
        if (!WRITES.contains(call.call)) {
            return;
        }
        if (isSocketTo(call.target, upstreamPort)) {
            upstreamWrites++;
            require(line);
        } else if (isAgents(call.target)) {
            answers++;
            require(line);
        }
    }

    /** Records the end of a sync, which counts from there, and only for data that was appended before it. */
    private void ended(UnfinishedCall call, long result) {
        if (call.call.endsWith("sync") && isSegment(call.target)) {
            synced |= appended && result == 0;
        } else if (WRITES.contains(call.call) && isSegment(call.target)) {
            appended |= result > 0;
        } else if (READS.contains(call.call) && isAgents(call.target) && result > 0) {
            requests++;
            appended = false;
            synced = false;
        }
    }

    private void require(String line) {
        if (!synced) {
            violations.add(line);
        }
    }

    private static boolean isSegment(String target) {
        return target.contains("/ledger/segments/");
    }

    private static boolean isSocketTo(String target, int port) {
        return target.startsWith("TCP") && target.replaceAll("^.*->", "").endsWith(":" + port + "]");
    }

    private boolean isAgents(String target) {
        return isSocketAt(target, clientPort) && own.stream().noneMatch(port -> target.endsWith(":" + port + "]"));
    }

    private static boolean isSocketAt(String target, int port) {
        return target.startsWith("TCP") && target.replaceAll("->.*$", "").endsWith(":" + port);
    }
}
