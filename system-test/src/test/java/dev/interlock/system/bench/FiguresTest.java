package dev.interlock.system.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests the names of the figures, by which runs are compared. */
final class FiguresTest {

    private static final Figures FIGURES = new Figures(
            new Figures.ReadFigures(
                    new Figures.RelativeRates(0.1, 0.2, 0.3), new Figures.RelativeRates(0.4, 0.5, 0.6), 7),
            new ReadCostBench.ReadCosts(
                    new ReadCostBench.Cost(20, 21),
                    new ReadCostBench.Cost(22, 23),
                    new ReadCostBench.Cost(24, 42),
                    new ReadCostBench.Cost(26, 27),
                    28),
            new DecisionBench.DecisionMedians(8, 9),
            new Receipts.Flow(29, 30, 31, 10),
            Map.of("interlockMb", 11.0),
            Map.of(),
            new Figures.Gateway(
                    12, 13, 14, new KillBench.KillMedians(15, 17, 16), new ApprovalBench.ApprovalMedians(18, 19)));

    @Test
    void eachFigureStandsUnderItsName() {
        Map<String, Double> expected = new HashMap<>();
        expected.put("/reads/overBareHop", 0.1);
        expected.put("/reads/overNginx", 0.2);
        expected.put("/reads/overMitmproxy", 0.3);
        expected.put("/reads/p99AddedMs", 7.0);
        expected.put("/reads/alone/overBareHop", 0.4);
        expected.put("/reads/alone/overNginx", 0.5);
        expected.put("/reads/alone/overMitmproxy", 0.6);
        expected.put("/reads/cpuUs/repeated", 20.0);
        expected.put("/reads/cpuUs/varied", 22.0);
        expected.put("/reads/cpuUs/hop", 24.0);
        expected.put("/reads/cpuUs/nginx", 26.0);
        expected.put("/reads/overHop", 0.5);
        expected.put("/bytesPerRead", 28.0);
        expected.put("/decide/repeatedUs", 8.0);
        expected.put("/decide/newUs", 9.0);
        expected.put("/receipts/overDisk", 10.0);
        expected.put("/receipts/perSecond", 29.0);
        expected.put("/receipts/cpuUs", 30.0);
        expected.put("/memory/interlockMb", 11.0);
        expected.put("/firstDecisionMs", 12.0);
        expected.put("/idleMb", 13.0);
        expected.put("/residentMb", 14.0);
        expected.put("/kill/leaseMs", 15.0);
        expected.put("/kill/agentMs", 17.0);
        expected.put("/kill/allMs", 16.0);
        expected.put("/killMs", 17.0);
        expected.put("/holdVisibleMs", 18.0);
        expected.put("/signedToAnswerMs", 19.0);
        Map<String, Double> told = new HashMap<>();
        JsonNode json = FIGURES.json();
        expected.keySet().forEach(name -> told.put(name, json.at(name).asDouble(Double.NaN)));
        assertThat(told).isEqualTo(expected);
    }

    @Test
    void theWorstMeasurementIsReported() {
        Map<String, Double> few = Map.of("interlock", 100.0, "bare hop", 200.0, "nginx", 400.0, "mitmproxy", 10.0);
        Map<String, Double> many = Map.of("interlock", 100.0, "bare hop", 400.0, "nginx", 200.0, "mitmproxy", 20.0);
        assertThat(Figures.RelativeRates.of(few::get).worse(Figures.RelativeRates.of(many::get)))
                .isEqualTo(new Figures.RelativeRates(0.25, 0.25, 5));
    }
}
