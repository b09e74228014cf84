package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/** What the receipts are usable for, by requirement. They show that something happened, never that a rule is met. */
final class Usability {

    /** The maximum number of receipts that a requirement names. The rest are in the lists of the report. */
    static final int MOST_NAMED = 12;

    private record Requirement(
            String framework, String clause, String asks, String shows, List<ReportPass.ReportSubject> by) {}

    private static final String AI_ACT = "EU AI Act";
    private static final String NIST = "NIST AI RMF";
    private static final String SOC = "SOC 2";
    private static final String ISO = "ISO/IEC 42001";
    private static final String CISA = "CISA Secure by Design";

    private static final List<Requirement> ALL = List.of(
            of(
                    AI_ACT,
                    "12(1)",
                    "events are recorded automatically",
                    "each call, from the log's first leaf on",
                    "calls"),
            of(
                    AI_ACT,
                    "12(2)",
                    "events that matter for risk, for changes and for monitoring",
                    "what was refused or could not be undone; each policy put in force",
                    "refusals",
                    "irreversible",
                    "seals"),
            of(
                    AI_ACT,
                    "14",
                    "people oversee, intervene and stop",
                    "questions to people and their answers; kills",
                    "questions",
                    "kills"),
            of(AI_ACT, "19", "logs are kept", "the first and last receipt that this copy has", "calls"),
            of(
                    AI_ACT,
                    "26",
                    "deployers assign oversight, monitor, suspend and keep logs",
                    "who answered, what was widened, what was stopped",
                    "questions",
                    "elevations",
                    "kills"),
            of(
                    NIST,
                    "GOVERN 1.4, 1.7",
                    "documented process and decommissioning",
                    "policies and leases",
                    "seals",
                    "leases"),
            of(NIST, "MAP 3.5", "human oversight is defined", "questions to people", "questions"),
            of(NIST, "MEASURE 2.7, 2.8", "security, transparency", "refusals, with their reasons", "refusals"),
            of(NIST, "MANAGE 2.4, 4.1, 4.3", "disengaging, response, incidents", "kills and drills", "kills", "drills"),
            of(
                    SOC,
                    "CC6.1 to CC6.3",
                    "logical access",
                    "leases, elevations and people's keys",
                    "leases",
                    "elevations",
                    "keys"),
            of(SOC, "CC7.2 to CC7.4", "monitoring and incidents", "refusals and kills", "refusals", "kills"),
            of(SOC, "C1.2", "disposal of confidential information", "texts erased; legal holds", "texts"),
            of(SOC, "CC8.1", "authorized change", "each policy put in force; confirmed calls", "seals", "questions"),
            of(SOC, "A1.2, A1.3", "backups and their tests", "backups that were restored; drills", "backups", "drills"),
            of(ISO, "A.6.2.6, A.6.2.8", "monitoring and event logs", "each call", "calls"),
            of(ISO, "A.9.2, A.9.3", "responsible use", "questions to people and policies", "questions", "seals"),
            of(ISO, "9.1", "measurement and evaluation", "counts, drills, refusals", "drills", "refusals"),
            of(
                    CISA,
                    "secure defaults, logging",
                    "refused unless allowed; logs without extra cost",
                    "refusals and calls",
                    "refusals",
                    "calls"),
            of(CISA, "phishing-resistant sign-in", "keys of people", "passkeys and their endorsements", "keys"));

    private Usability() {}

    private static Requirement of(String framework, String clause, String asks, String shows, String... subjects) {
        return new Requirement(
                framework,
                clause,
                asks,
                shows,
                Stream.of(subjects)
                        .map(word -> Keyword.find(ReportPass.ReportSubject.class, word)
                                .orElseThrow())
                        .toList());
    }

    static Stream<Json.Members> rows(Function<ReportPass.ReportSubject, List<String>> receipts) {
        return ALL.stream().map(requirement -> {
            Set<String> named = new LinkedHashSet<>();
            List<List<String>> lists = new ArrayList<>();
            requirement.by().forEach(subject -> lists.add(receipts.apply(subject)));
            int share = MOST_NAMED / lists.size();
            lists.forEach(list -> list.stream().limit(share).forEach(named::add));
            return Json.object()
                    .with("framework", requirement.framework())
                    .with("clause", requirement.clause())
                    .with("asks", requirement.asks())
                    .with("shown_by", requirement.shows())
                    .withTexts("lists", requirement.by().stream().map(ReportPass.ReportSubject::word))
                    .withTexts("receipts", named);
        });
    }
}
