package dev.interlock.drill;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One answer of `interlock backup status` for the case that the bookings' volume is deleted. Nothing here judges.
 *
 * @param when in words
 * @param at the moment, as the gateway gives it
 * @param red the gateway's judgement
 * @param left the backup that would remain, if there is one
 * @param words the judgement and the reasons
 */
record StatusAnswer(String when, String at, boolean red, Optional<String> left, String words) {

    /** The date of the incident. The simulated world uses our clock; its last dump is as old as the real one was. */
    private static final LocalDate INCIDENT = LocalDate.of(2026, 4, 24);

    /** Returns those of the day after the last dump, which the gateway computes as of then, and of the incident. */
    static List<StatusAnswer> before(DrillStage stage) throws IOException {
        Duration earlier = DrillStage.LAST_DUMP.minusDays(1);
        String month = INCIDENT.minusDays(earlier.toDays()).getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
        return List.of(
                ask(
                        stage,
                        "in " + month + ", " + earlier.toDays() + " days before",
                        Optional.of(stage.begun().minus(earlier))),
                ask(stage, "on the day", Optional.empty()));
    }

    static StatusAnswer after(DrillStage stage) throws IOException {
        return ask(stage, "after `backup run`", Optional.empty());
    }

    private static StatusAnswer ask(DrillStage stage, String when, Optional<Instant> at) throws IOException {
        Json.Members answer = stage.gateway().backupStatus(at);
        Json.Members volume = only(answer.objects("resources"), "resource", "railway:volume/" + PocketOs.SHARED);
        Json.Members way = only(volume.objects("ways"), "way", "volume");
        Optional<String> left = way.optionalText("backup");
        String why = String.join("; ", way.texts("why"));
        String backup = left.map(id -> id + ", " + age(Duration.ofSeconds(way.whole("age_seconds"))) + " old"
                        + way.optionalText("restored_at")
                                .map(_ -> ", restored, in " + way.text("domain"))
                                .orElse(""))
                .orElse("");
        String words = backup.isEmpty() || why.isEmpty() ? backup + why : backup + ": " + why;
        return new StatusAnswer(when, answer.text("now"), volume.flag("red"), left, TerminalColours.harmless(words));
    }

    private static Json.Members only(List<Json.Members> all, String member, String text) throws IOException {
        return all.stream()
                .filter(one -> one.text(member).equals(text))
                .findFirst()
                .orElseThrow(() -> new IOException("`backup status` does not mention " + member + " `" + text + "`"));
    }

    private static String age(Duration age) {
        return age.toDays() > 1
                ? age.toDays() + " days"
                : age.toHours() > 1 ? age.toHours() + " hours" : age.toSeconds() + " s";
    }
}
