package dev.interlock.evidence;

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
            String framework, String clause, String asks, String shows, List<ReportPass.ReportSubject> by) {

        /** Reads a line of {@link #ALL}. */
        private static Requirement of(String line) {
            String[] parts = line.split("\\|", -1);
            return new Requirement(
                    parts[0],
                    parts[1],
                    parts[2],
                    parts[3],
                    Stream.of(parts[4].split(" ", -1))
                            .map(word -> Keyword.find(ReportPass.ReportSubject.class, word)
                                    .orElseThrow())
                            .toList());
        }
    }

    /** Framework, clause, what it asks, what shows it, and the lists of the report. */
    private static final List<Requirement> ALL =
            """
            EU AI Act|12(1)|events are recorded automatically|each call, from the log's first leaf on|calls
            EU AI Act|12(2)|events that matter for risk, for changes and for monitoring|what was refused or could not be undone; each policy put in force|refusals irreversible seals
            EU AI Act|14|people oversee, intervene and stop|questions to people and their answers; kills|questions kills
            EU AI Act|19|logs are kept|the first and last receipt that this copy has|calls
            EU AI Act|26|deployers assign oversight, monitor, suspend and keep logs|who answered, what was widened, what was stopped|questions elevations kills
            NIST AI RMF|GOVERN 1.4, 1.7|documented process and decommissioning|policies and leases|seals leases
            NIST AI RMF|MAP 3.5|human oversight is defined|questions to people|questions
            NIST AI RMF|MEASURE 2.7, 2.8|security, transparency|refusals, with their reasons|refusals
            NIST AI RMF|MANAGE 2.4, 4.1, 4.3|disengaging, response, incidents|kills and drills|kills drills
            SOC 2|CC6.1 to CC6.3|logical access|leases, elevations and people's keys|leases elevations keys
            SOC 2|CC7.2 to CC7.4|monitoring and incidents|refusals and kills|refusals kills
            SOC 2|CC8.1|authorized change|each policy put in force; confirmed calls|seals questions
            SOC 2|A1.2, A1.3|backups and their tests|backups that were restored; drills|backups drills
            SOC 2|C1.2|disposal of confidential information|texts erased; legal holds|texts
            ISO/IEC 42001|A.6.2.6, A.6.2.8|monitoring and event logs|each call|calls
            ISO/IEC 42001|A.9.2, A.9.3|responsible use|questions to people and policies|questions seals
            ISO/IEC 42001|9.1|measurement and evaluation|counts, drills, refusals|drills refusals
            CISA Secure by Design|secure defaults, logging|refused unless allowed; logs without extra cost|refusals and calls|refusals calls
            CISA Secure by Design|phishing-resistant sign-in|keys of people|passkeys and their endorsements|keys
            """.lines().map(Requirement::of).toList();

    private Usability() {}

    static Stream<Json.Members> rows(Function<ReportPass.ReportSubject, List<String>> receipts) {
        return ALL.stream().map(requirement -> {
            Set<String> named = new LinkedHashSet<>();
            int share = MOST_NAMED / requirement.by().size();
            requirement
                    .by()
                    .forEach(subject ->
                            receipts.apply(subject).stream().limit(share).forEach(named::add));
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
