package dev.interlock.system.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The results of a run, as {@code --json} prints them. Runs are compared by these names: more may be added, and none
 * changes its meaning.
 *
 * @param costs of an allowed read in warm programs
 * @param memory megabytes after the load, by program
 * @param confined the additional cost of the sandbox; empty if it was not measured
 */
record Figures(
        ReadFigures reads,
        ReadCostBench.ReadCosts costs,
        DecisionBench.DecisionMedians decide,
        Receipts.Flow receipts,
        Map<String, Double> memory,
        Map<String, Double> confined,
        Gateway gateway) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The rate of reads, as a part of the other programs' rates. */
    record RelativeRates(double bareHop, double nginx, double mitmproxy) {

        static RelativeRates of(ToDoubleFunction<String> rate) {
            double own = rate.applyAsDouble("interlock");
            return new RelativeRates(
                    own / rate.applyAsDouble("bare hop"),
                    own / rate.applyAsDouble("nginx"),
                    own / rate.applyAsDouble("mitmproxy"));
        }

        /** Returns the lower value of both, for each program. */
        RelativeRates worse(RelativeRates other) {
            return new RelativeRates(
                    Math.min(bareHop, other.bareHop),
                    Math.min(nginx, other.nginx),
                    Math.min(mitmproxy, other.mitmproxy));
        }

        private void putTo(ObjectNode node) {
            put(node, "overBareHop", bareHop);
            put(node, "overNginx", nginx);
            put(node, "overMitmproxy", mitmproxy);
        }
    }

    /**
     * Allowed reads.
     *
     * @param loaded over many connections; the worst of the tried numbers
     * @param alone one after the other, over one connection
     * @param p99AddedMs the 99th percentile of {@code alone}, beyond the bare hop and one sync of the disk
     */
    record ReadFigures(RelativeRates loaded, RelativeRates alone, double p99AddedMs) {}

    /** The figures of the program itself, with its keys process. */
    record Gateway(
            double firstDecisionMs,
            double idleMb,
            double residentMb,
            KillBench.KillMedians kill,
            ApprovalBench.ApprovalMedians deciding) {}

    ObjectNode json() {
        ObjectNode all = JSON.createObjectNode();
        ObjectNode read = all.putObject("reads");
        reads.loaded().putTo(read);
        put(read, "p99AddedMs", reads.p99AddedMs());
        reads.alone().putTo(read.putObject("alone"));
        ObjectNode cpu = read.putObject("cpuUs");
        put(cpu, "repeated", costs.repeated().cpuUs());
        put(cpu, "varied", costs.varied().cpuUs());
        put(cpu, "hop", costs.hop().cpuUs());
        put(cpu, "nginx", costs.nginx().cpuUs());
        put(read, "overHop", costs.repeated().rate() / costs.hop().rate());
        put(all, "bytesPerRead", costs.bytes());
        ObjectNode decided = all.putObject("decide");
        put(decided, "repeatedUs", decide.repeated());
        put(decided, "newUs", decide.fresh());
        ObjectNode written = all.putObject("receipts");
        put(written, "overDisk", receipts.overDisk());
        put(written, "perSecond", receipts.rate());
        put(written, "cpuUs", receipts.cpuUs());
        put(all.putObject("memory"), memory);
        if (!confined.isEmpty()) {
            put(all.putObject("confined"), confined);
        }
        put(all, "firstDecisionMs", gateway.firstDecisionMs());
        put(all, "idleMb", gateway.idleMb());
        put(all, "residentMb", gateway.residentMb());
        put(all, "killMs", gateway.kill().worst());
        ObjectNode killed = all.putObject("kill");
        put(killed, "leaseMs", gateway.kill().lease());
        put(killed, "agentMs", gateway.kill().agent());
        put(killed, "allMs", gateway.kill().all());
        put(all, "holdVisibleMs", gateway.deciding().visible());
        put(all, "signedToAnswerMs", gateway.deciding().answered());
        return all;
    }

    static void put(ObjectNode into, Map<String, Double> values) {
        values.forEach((name, value) -> put(into, name, value));
    }

    private static void put(ObjectNode into, String name, double value) {
        into.put(name, Math.round(value * 100) / 100.0);
    }
}
