package dev.interlock.console;

import dev.interlock.adminapi.HoldQuestion;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The page of calls of one kind that wait together, in the order in which the list that is signed names them. */
record HoldSetView(String id, String title, String words, Optional<String> nameToType, List<HoldView> holds) {

    static HoldSetView of(HoldQuestion.ShownSet shown, Instant now) {
        return new HoldSetView(
                shown.set().id(),
                DisplayText.sentence(shown.set().asks()),
                shown.words(),
                shown.nameToType().map(DisplayText::sentence),
                shown.holds().stream()
                        .map(hold -> HoldView.of(hold, List.of(), now))
                        .toList());
    }

    HoldView first() {
        return holds.getFirst();
    }
}
