package dev.interlock.system.bench;

import static java.util.Map.entry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The figures of a run, by the names under which runs are compared. A figure is the median of what was measured in
 * quiet windows. It is noisy if less than half of its windows were quiet.
 */
final class Figures {

    /** A figure's limit. */
    private record Mark(double value, boolean isMost) {
        boolean isMet(double measured) {
            return isMost ? measured <= value : measured >= value;
        }
    }

    private static final Map<String, Mark> MARKS = Map.ofEntries(
            entry("cpuOverNginx.same", atMost(4)),
            entry("cpuOverNginx.variables", atMost(5)),
            entry("cpuOverNginx.rest", atMost(5)),
            entry("cpuOverNginx.document", atMost(16)),
            entry("cpuOverNginx.write", atMost(10)),
            entry("cpuOverNginx.mcp", atMost(8)),
            entry("cpuOverNginx.refusal", atMost(10)),
            entry("rateOverNginx.same", atLeast(0.35)),
            entry("rateOverNginx.variables", atLeast(0.3)),
            entry("rateOverHop.same", atLeast(0.6)),
            entry("rateOverHop.variables", atLeast(0.5)),
            entry("p99Ms.variables", atMost(15)),
            entry("addedP50Ms.variables", atMost(0.35)),
            entry("addedP50Ms.write", atMost(0.35)),
            entry("addedP50Ms.mcp", atMost(0.35)),
            entry("addedP50Ms.refusal", atMost(0.35)),
            entry("addedP99Ms.variables", atMost(2)),
            entry("addedP99Ms.write", atMost(2)),
            entry("addedP99Ms.mcp", atMost(2)),
            entry("addedP99Ms.refusal", atMost(2)),
            entry("receipts.perSecond", atLeast(100_000)),
            entry("receipts.cpuUs", atMost(12)),
            entry("bytesPerRead", atMost(900)),
            entry("killMs.lease", atMost(10)),
            entry("killMs.agent", atMost(10)),
            entry("killMs.all", atMost(10)),
            entry("push1MbOverDirect", atMost(1.6)),
            entry("clone20MbOverDirect", atMost(1.1)),
            entry("firstDecisionMs", atMost(1_200)),
            entry("firstCallsOverLater", atMost(2)),
            entry("idleMb", atMost(170)));

    private record Values(List<Double> quiet, List<Double> noisy) {
        boolean isNoisy() {
            return quiet.size() < noisy.size();
        }

        double median() {
            List<Double> sorted =
                    (quiet.isEmpty() ? noisy : quiet).stream().sorted().toList();
            return sorted.get(sorted.size() / 2);
        }
    }

    private final Map<String, Values> all = new LinkedHashMap<>();

    private static Mark atMost(double value) {
        return new Mark(value, true);
    }

    private static Mark atLeast(double value) {
        return new Mark(value, false);
    }

    void add(String name, double value, boolean isQuiet) {
        Values values = all.computeIfAbsent(name, _ -> new Values(new ArrayList<>(), new ArrayList<>()));
        (isQuiet ? values.quiet() : values.noisy()).add(value);
    }

    double median(String name) {
        Values values = all.get(name);
        if (values == null) {
            throw new IllegalArgumentException("nothing was measured for " + name);
        }
        return values.median();
    }

    boolean isNoisy() {
        return all.values().stream().anyMatch(Values::isNoisy);
    }

    /** Puts each figure into {@code node}, and prints it with its mark. */
    void write(ObjectNode node, PrintStream table) {
        all.forEach((name, values) -> {
            ObjectNode figure = node.putObject(name);
            double value = values.median();
            put(figure, "value", value);
            String words = "";
            Mark mark = MARKS.get(name);
            if (mark != null) {
                figure.put(mark.isMost() ? "atMost" : "atLeast", mark.value());
                figure.put("isMet", mark.isMet(value));
                words = (mark.isMost() ? "at most " : "at least ")
                        + mark.value()
                        + (mark.isMet(value) ? ": met" : ": missed");
            }
            if (values.isNoisy()) {
                figure.put("noisy", true);
                words += " (noisy)";
            }
            table.printf("%-28s %12.3f  %s%n", name, value, words);
        });
    }

    static void put(ObjectNode into, String name, double value) {
        into.put(name, Math.round(value * 1000) / 1000.0);
    }
}
