package dev.interlock.incidents;

import dev.interlock.evidence.ReportPage;
import dev.interlock.incidents.IncidentDrill.DrillResult;
import dev.interlock.incidents.IncidentDrill.JudgedStep;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The results of a drill as one page to show and to print. */
public final class DrillPage {

    private DrillPage() {}

    /** Returns the page; {@code note} says which run this was. */
    public static String of(DrillResult result, String note) {
        String incidents = result.incidents().stream()
                .map(judged -> element(
                                "h2",
                                judged.incident().name() + ", "
                                        + judged.incident().date())
                        + verdict(judged.isRed(), "Harm passes", judged.isTried() ? "Stopped" : "No way out")
                        + element(
                                "p",
                                judged.incident().agent() + ": "
                                        + judged.incident().lost())
                        + element(
                                "p",
                                String.join(", ", judged.incident().sources()) + "; calls "
                                        + judged.incident().calls())
                        + "<table>" + row("th", "verdict", "step", "by", "as", "because")
                        + judged.steps().stream().map(DrillPage::row).collect(Collectors.joining()) + "</table>")
                .collect(Collectors.joining());
        return ReportPage.begin("Interlock drill")
                + element("h1", "Known incidents against this policy")
                + verdict(result.harmPasses(), "Harm would be done", "No harmful step passes")
                + element("p", result.summary())
                + element("p", "Judged as the gateway judges calls, on simulated systems. Nothing was sent. " + note)
                + result.missing().stream()
                        .map(gap -> element("p", "Missing in the policy: " + gap))
                        .collect(Collectors.joining())
                + incidents + "</body></html>\n";
    }

    private static String verdict(boolean isRed, String bad, String good) {
        return "<div class=\"verdict " + (isRed ? "no" : "yes") + "\">" + element("strong", isRed ? bad : good)
                + "</div>";
    }

    private static String row(JudgedStep judged) {
        return row(
                "td",
                judged.verdict().word(),
                (judged.step().isHarmful() ? "" : "ordinary: ") + judged.step().does(),
                judged.step().door(),
                judged.who().orElse(""),
                judged.why()
                        + judged.widened()
                                .map(then -> " If a person widens the lease, " + then)
                                .orElse("")
                        + judged.remedy()
                                .map(policy -> " This would stop it: " + policy)
                                .orElse(""));
    }

    private static String row(String kind, String... cells) {
        return Stream.of(cells).map(cell -> element(kind, cell)).collect(Collectors.joining("", "<tr>", "</tr>"));
    }

    private static String element(String name, String text) {
        return "<" + name + ">" + ReportPage.escaped(text) + "</" + name + ">";
    }
}
