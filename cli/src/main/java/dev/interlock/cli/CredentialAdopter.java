package dev.interlock.cli;

import dev.interlock.adopt.CredentialPlace;
import dev.interlock.adopt.CredentialReplacement;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Takes credentials out of files, gives them back, and reports the result. */
record CredentialAdopter(Adoptions adoptions, Terminal terminal, boolean json) {

    /** To take a credential, and where else to store it. */
    record AdoptionRequest(Optional<String> slot) {}

    int take(List<FoundCredential> found, Function<FoundCredential, Optional<AdoptionRequest>> wishes)
            throws IOException {
        List<Adoptions.MovedCredential> moved = new ArrayList<>();
        List<String> renewals = new ArrayList<>();
        boolean left = false;
        for (FoundCredential one : found) {
            if (!liesInFile(one) || adoptions.isDecoy(one)) {
                continue;
            }
            if (adoptions.isGatewaysOwn(one)) {
                terminal.aside("left     " + one.id() + "  the gateway itself uses it: "
                        + one.seen().getFirst().shown());
            } else if (!adoptions.isReturnable(one)) {
                terminal.problem("left `" + one.id()
                        + "`: a file name is not valid text in this locale, so the file could not be found again: "
                        + one.seen().getFirst().shown());
                left = true;
            } else {
                Optional<AdoptionRequest> wish = wishes.apply(one);
                if (wish.isPresent()) {
                    moved.add(adoptions.take(one, wish.get().slot()));
                    renewals.add("renew    " + one.id() + "  " + one.kind().renew());
                }
            }
        }
        int exit = report(moved, "taken");
        if (!json && !renewals.isEmpty()) {
            renewals.forEach(terminal::line);
            terminal.line(
                    "These credentials may have been read already: renew them. To undo: interlock adopt --undo all");
            terminal.line(
                    "To whoever cannot read the vault, `adopt --check` still lists these, because a decoy looks like a real credential.");
        }
        return left ? ExitCodes.NO : exit;
    }

    static boolean liesInFile(FoundCredential one) {
        return one.seen().stream().anyMatch(CredentialPlace.FilePlace.class::isInstance);
    }

    int undo(String id) throws IOException {
        if (!id.equals("all")) {
            return report(List.of(adoptions.giveBack(id)), "given back");
        }
        List<Adoptions.MovedCredential> moved = new ArrayList<>();
        boolean unnamed = false;
        for (String one : adoptions.taken()) {
            try {
                moved.add(adoptions.giveBack(one));
            } catch (InvalidPathException e) { // a malformed name must not prevent the others
                terminal.problem(
                        "`" + one
                                + "` is in a file whose name is not valid text in this locale: use the locale in which it was adopted, as LC_ALL=C.UTF-8");
                unnamed = true;
            }
        }
        int exit = report(moved, "given back");
        return unnamed ? ExitCodes.NO : exit;
    }

    int forget(String id) throws IOException {
        adoptions.forget(id);
        return terminal.answer(json, Json.object().with("forgotten", id), () -> terminal.line("✓ forgotten  " + id));
    }

    private int report(List<Adoptions.MovedCredential> moved, String done) {
        terminal.answer(json, Json.object().withItems("moved", moved.stream().map(CredentialAdopter::json)), () -> {
            if (moved.isEmpty()) {
                terminal.line("Nothing was " + done + ".");
            }
            moved.forEach(one -> one.places().forEach(place -> terminal.line(line(one, place, done))));
        });
        return moved.stream().allMatch(Adoptions.MovedCredential::whole) ? ExitCodes.OK : ExitCodes.NO;
    }

    private static String line(
            Adoptions.MovedCredential one, CredentialReplacement.ReplacementResult place, String done) {
        return (place.replaced() ? "✓ " + done : "✗ not " + done) + "  " + one.id() + "  "
                + CredentialPlace.visible(place.spot().file().toString())
                + (place.replaced() ? "" : ": " + place.why());
    }

    private static Json json(Adoptions.MovedCredential moved) {
        return Json.object()
                .with("id", moved.id())
                .with("whole", moved.whole())
                .withItems(
                        "places",
                        moved.places().stream()
                                .map(place -> Json.object()
                                        .with("file", place.spot().file().toString())
                                        .with("replaced", place.replaced())
                                        .with("why", place.why())));
    }
}
