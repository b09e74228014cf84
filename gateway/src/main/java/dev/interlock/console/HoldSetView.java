package dev.interlock.console;

import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The page of calls of one kind that wait together, in the order in which the list that is signed names them. */
record HoldSetView(
        String id,
        String title,
        String words,
        Optional<String> nameToType,
        List<HoldView> holds,
        boolean isPlan,
        Optional<String> stopped) {

    static HoldSetView of(HoldQuestion.ShownSet shown, Instant now) {
        return new HoldSetView(
                shown.set().id(),
                DisplayText.sentence(shown.set().asks()),
                shown.words(),
                shown.nameToType().map(DisplayText::sentence),
                shown.holds().stream()
                        .map(hold -> HoldView.of(hold, List.of(), now))
                        .toList(),
                HoldView.statement(shown.holds().getFirst()).get("plan").isPresent(),
                shown.stopped().map(DisplayText::sentence));
    }

    /** Returns the digests of the statements as the list has them, in JSON. */
    String digests() {
        return new Json.Array(holds.stream()
                        .<Json>map(hold -> new Json.Text(hold.digest()))
                        .toList())
                .canonicalText();
    }

    HoldView first() {
        return holds.getFirst();
    }
}
