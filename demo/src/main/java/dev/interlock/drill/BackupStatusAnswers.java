package dev.interlock.drill;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The answers of `interlock backup status` for the case that the bookings' volume is deleted. There are three: on the
 * day after the last dump, on the day of the incident, and after a backup was taken and restored. The gateway computes
 * the first as of its day. Nothing here judges.
 */
final class BackupStatusAnswers {

    /**
     * The date of the incident. The simulated world uses our clock, and its last dump is as old as the real one was.
     */
    private static final LocalDate INCIDENT = LocalDate.of(2026, 4, 24);

    private static final Duration DAY = Duration.ofDays(1);

    private final DrillStage stage;
    private final List<StatusAnswer> sights = new ArrayList<>();

    BackupStatusAnswers(DrillStage stage) {
        this.stage = stage;
    }

    /**
     * One answer.
     *
     * @param when in words
     * @param at the moment, as the gateway gives it
     * @param red the gateway's judgement
     * @param left the backup that would remain, if there is one
     * @param words the judgement and the reasons
     */
    record StatusAnswer(String when, String at, boolean red, Optional<String> left, String words) {}

    /** Asks for the past and for the present state. */
    void before() throws IOException {
        Duration earlier = DrillStage.LAST_DUMP.minus(DAY);
        String month = INCIDENT.minusDays(earlier.toDays()).getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
        look(
                "in " + month + ", " + earlier.toDays() + " days before",
                Optional.of(stage.begun().minus(earlier)));
        look("on the day", Optional.empty());
    }

    /** Asks once more. */
    void after() throws IOException {
        look("after `backup run`", Optional.empty());
    }

    private void look(String when, Optional<Instant> at) throws IOException {
        Json.Members answer = stage.gateway().backupStatus(at);
        sights.add(answer(when, answer.text("now"), of(answer, PocketOs.SHARED)));
    }

    private static Json.Members of(Json.Members answer, String volume) throws IOException {
        return answer.objects("resources").stream()
                .filter(one -> one.text("resource").equals("railway:volume/" + volume))
                .findFirst()
                .orElseThrow(() -> new IOException("`backup status` does not mention volume " + volume));
    }

    /** Selects the recovery case that happened. */
    static StatusAnswer answer(String when, String at, Json.Members resource) throws IOException {
        Json.Members way = resource.objects("ways").stream()
                .filter(one -> one.text("way").equals("volume"))
                .findFirst()
                .orElseThrow(() -> new IOException(
                        "`backup status` does not say which backup " + "would remain after a deleted volume"));
        Optional<String> left = way.optionalText("backup");
        String why = String.join("; ", way.texts("why"));
        String backup = left.map(id -> id + ", " + age(Duration.ofSeconds(way.whole("age_seconds"))) + " old"
                        + way.optionalText("restored_at")
                                .map(_ -> ", restored, in " + way.text("domain"))
                                .orElse(""))
                .orElse("");
        String words = backup.isEmpty() || why.isEmpty() ? backup + why : backup + ": " + why;
        return new StatusAnswer(when, at, resource.flag("red"), left, TerminalColours.harmless(words));
    }

    private static String age(Duration age) {
        return age.toDays() > 1
                ? age.toDays() + " days"
                : age.toHours() > 1 ? age.toHours() + " hours" : age.toSeconds() + " s";
    }

    List<StatusAnswer> answers() {
        return List.copyOf(sights);
    }
}
