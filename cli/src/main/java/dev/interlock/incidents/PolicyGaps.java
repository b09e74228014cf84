package dev.interlock.incidents;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Seal;
import dev.interlock.catalog.CatalogView;
import java.util.ArrayList;
import java.util.List;

/** What a policy lacks against such incidents, whatever its permits and forbids say. */
final class PolicyGaps {

    private PolicyGaps() {}

    /** Returns them as whole sentences. */
    static List<String> of(Seal seal) {
        List<String> gaps = new ArrayList<>();
        if (seal.environments().values().stream().noneMatch(Seal.Environment::isProtected)) {
            gaps.add("No environment is protected, so what nobody has placed counts as harmless.");
        }
        CatalogFacts facts = CatalogView.facts().of(seal);
        List<Seal.Upstream> data = seal.upstreams().values().stream()
                .filter(upstream -> !facts.holdsData(upstream.catalog()).isEmpty())
                .toList();
        data.stream()
                .filter(upstream -> upstream.resolver().isEmpty())
                .forEach(upstream -> gaps.add("`" + upstream.name()
                        + "` has no `resolver`, so nobody looks what else a deletion would take with it."));
        if (!data.isEmpty() && seal.backups().plans().isEmpty()) {
            gaps.add("No plan under `backups` proves a copy that survives the deletion of its original.");
        }
        if (seal.undo().isEmpty()) {
            gaps.add("Without `undo`, what calls overwrite is not kept.");
        }
        if (seal.people().size() < 2) {
            gaps.add("There is one person: nobody else can be asked.");
        }
        return List.copyOf(gaps);
    }
}
