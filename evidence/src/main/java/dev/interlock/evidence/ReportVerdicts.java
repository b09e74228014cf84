package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a report says first: the two verdicts of the verifier, what is missing, and what nobody can know from a copy.
 */
final class ReportVerdicts {

    private ReportVerdicts() {}

    static Json.Array json(LogReport report) {
        LogReport.LogAnswer sound = report.recordsSound() ? LogReport.LogAnswer.YES : LogReport.LogAnswer.NO;
        return new Json.Array(List.of(
                verdict("the records are sound", sound, report.problems()),
                verdict(
                                "every action that passed was within its lease, and has the signatures that it needs",
                                report.confirmedActionsSigned(),
                                report.confirmations().problems())
                        .with("confirmed", report.confirmations().confirmed())
                        .with("weak", report.confirmations().weak())
                        .with("unchecked", report.confirmations().unchecked())
                        .withTexts("missing_seals", report.confirmations().missingSeals())));
    }

    private static Json.Members verdict(String sentence, LogReport.LogAnswer answer, List<LogFinding> problems) {
        Stream<Json.Members> listed = problems.stream().map(LogFinding::json);
        return Json.object()
                .with("sentence", sentence)
                .with("answer", answer.word())
                .withItems("problems", listed);
    }

    static Json.Members gaps(LogReport report) {
        long size = report.checkpoint().size();
        return Json.object()
                .with("answer", report.recordsSound() ? "none" : "unknown")
                .with(
                        "sentence",
                        !report.recordsSound()
                                ? "Some receipts are missing or altered, or nothing leads to the signed root: see the"
                                        + " first verdict."
                                : size == 0
                                        ? "The log is empty."
                                        : "Leaves 0 to " + (size - 1)
                                                + " are all here, each once, and lead to the signed" + " root "
                                                + report.checkpoint().root() + "."
                                                + report.witnesses().stream()
                                                        .map(view -> " " + view)
                                                        .collect(Collectors.joining()));
    }

    static List<String> unknown(LogReport report, boolean isEndKnown) {
        List<String> unknown = new ArrayList<>();
        if (!isEndKnown) {
            unknown.add(LogReport.CUT_END);
        }
        if (report.unpublished() > 0) {
            unknown.add("No checkpoint covers the last " + report.unpublished()
                    + " receipts yet. They are in this report, and nothing certifies them.");
        }
        if (report.confirmations().unchecked() > 0) {
            unknown.add("Signatures on " + report.confirmations().unchecked()
                    + " actions or attestations of backups could not be checked: "
                    + report.confirmations().reasons() + ".");
        }
        report.confirmations()
                .erased()
                .ifPresent(what -> unknown.add("What was erased: " + what + ". The list of texts says by whom."));
        unknown.add("That policies permitted a call is the gateway's word. A row names them; no verifier runs them.");
        unknown.add("Calls that did not go through the gateway have no receipt.");
        unknown.add("What a provider did is known from its answer alone; an outcome `unknown` or none says neither yes"
                + " nor no.");
        unknown.add("No key is attested. A key of the kind `unknown` claims to be a security key; a program could claim"
                + " the same. One of the kind `software` is a file.");
        return unknown;
    }
}
