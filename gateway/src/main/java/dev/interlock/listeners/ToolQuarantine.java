package dev.interlock.listeners;

import dev.interlock.action.Alert;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.catalog.McpTools;
import dev.interlock.catalog.mcp.ToolList;
import dev.interlock.catalog.mcp.ToolPin;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The tools of MCP servers that no longer are what a person has sealed. Such a tool stays in quarantine until the next
 * seal, also if the server takes the change back.
 *
 * <p>Threading: any thread may call any method.
 */
final class ToolQuarantine {

    /** For so long the last look at a tool counts for calls that only read. */
    private static final long RECENT = Duration.ofMinutes(1).toNanos();

    private final Consumer<Alert> alerts;
    private final LongSupplier nanos;
    private final Map<String, Server> servers = new ConcurrentHashMap<>();

    ToolQuarantine(Consumer<Alert> alerts, LongSupplier nanos) {
        this.alerts = alerts;
        this.nanos = nanos;
    }

    Server of(Seal seal, String upstream, McpTools tools) {
        Server last = servers.get(upstream); // without a lock, for each request
        return last != null && last.isUnder(seal)
                ? last
                : servers.compute(
                        upstream,
                        (_, known) -> known != null && known.isUnder(seal)
                                ? known
                                : new Server(
                                        seal.id(),
                                        upstream,
                                        tools,
                                        // A session outlives a seal, but not another judgement of the tools in it.
                                        known != null && known.tools.equals(tools)
                                                ? known.targets
                                                : new SessionTargets()));
    }

    /** One server, under one seal. */
    final class Server {

        private final String seal;
        private final String upstream;
        private final McpTools tools;
        private final ServerRequests requests;
        private final ServerTasks tasks;
        private final SessionTargets targets;
        // Guarded by this. Only tools that the catalog lists are in them.
        private final Map<String, String> changed = new HashMap<>();
        private final Map<String, Long> seen = new HashMap<>();

        private Server(String seal, String upstream, McpTools tools, SessionTargets targets) {
            this.targets = targets;
            this.seal = seal;
            this.upstream = upstream;
            this.tools = tools;
            this.requests = new ServerRequests(tools.asks());
            this.tasks = new ServerTasks(nanos);
        }

        ServerRequests requests() {
            return requests;
        }

        ServerTasks tasks() {
            return tasks;
        }

        SessionTargets targets() {
            return targets;
        }

        /** Returns whether {@code tool} chooses what later calls act on, or acts on that. */
        boolean isInSession(String tool) {
            return tools.inSession().contains(tool);
        }

        /** Returns whether {@code tool} may run as a task. */
        boolean isTask(String tool) {
            return tools.tasks().contains(tool);
        }

        /** Returns whether any tool may. */
        boolean hasTasks() {
            return !tools.tasks().isEmpty();
        }

        private boolean isUnder(Seal other) {
            return seal.equals(other.id());
        }

        void note(ToolList list) {
            list.tools().stream()
                    .filter(tool -> tools.names().contains(tool.name()))
                    .forEach(this::note);
        }

        private void note(ToolPin listed) {
            String name = listed.name();
            List<String> differing = Optional.ofNullable(tools.pins().get(name))
                    .map(pin -> pin.changedIn(listed))
                    .orElse(List.of());
            boolean isHidden = listed.hasHiddenText();
            boolean isNews;
            synchronized (this) {
                if (differing.isEmpty() && !isHidden) {
                    seen.put(name, nanos.getAsLong());
                    return;
                }
                isNews = changed.putIfAbsent(
                                name, isHidden ? "it has characters that nobody sees" : String.join(", ", differing))
                        == null;
            }
            if (isNews) {
                alerts.accept(new Alert(
                        Alert.AlertKind.TOOL_CHANGED,
                        Alert.Severity.WARNING,
                        reason(name) + " Calls of it are refused.",
                        Map.of("upstream", upstream, "tool", name, "digest", listed.digest())));
            }
        }

        /** Returns whether {@code tool}, as the server lists it now, may be shown. */
        boolean isShown(ToolPin tool) {
            return tools.names().contains(tool.name()) && refusal(tool.name()).isEmpty();
        }

        private synchronized String reason(String tool) {
            return "The server of `" + upstream + "` says something else of its tool `" + tool
                    + "` than a person has sealed (" + changed.get(tool) + ").";
        }

        /** Returns why calls of {@code tool} are refused, if it is in quarantine. */
        synchronized Optional<Refusal> refusal(String tool) {
            return changed.containsKey(tool)
                    ? Optional.of(new Refusal(
                            Refusal.Kind.DENIED,
                            Refusal.Finality.APPROVABLE,
                            reason(tool),
                            "Ask a person to read the change with `interlock upstream renew " + upstream
                                    + " --plan`, and to seal it.",
                            List.of(),
                            Optional.empty()))
                    : Optional.empty();
        }

        /** Returns whether {@code tool} is pinned or in quarantine, so that what the server says may refuse it. */
        boolean isWatched(String tool) {
            return tools.pins().containsKey(tool) || refusal(tool).isPresent();
        }

        synchronized boolean isRecent(String tool) {
            Long last = seen.get(tool);
            return last != null && nanos.getAsLong() - last < RECENT && !changed.containsKey(tool);
        }

        /** Returns the refusal of a call of {@code tool} that no look at the list has permitted. */
        Refusal unseen(String tool) {
            return Refusal.unavailable(
                    "The server of `" + upstream + "` did not list its tool `" + tool
                            + "`, or not all of its tools, when Interlock asked before the call, so nothing was sent.",
                    "List the tools anew. If it is gone, a person can look with `interlock upstream renew " + upstream
                            + " --plan`.");
        }
    }
}
