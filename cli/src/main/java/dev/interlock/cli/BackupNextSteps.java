package dev.interlock.cli;

import dev.interlock.evidence.Json;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The next steps for red entries of {@code backup status}. */
final class BackupNextSteps {

    private static final String ELSEWHERE = "store one elsewhere and prove it (docs/backups.md)";

    private final String again;
    private final List<String> plans;
    private final Set<String> steps = new LinkedHashSet<>();

    private BackupNextSteps(String again, List<String> plans) {
        this.again = again;
        this.plans = plans;
    }

    /** Each step once; none if nothing is red. Later commands need the options {@code again}. */
    static Set<String> of(String again, Json.Members resource) {
        BackupNextSteps next = new BackupNextSteps(again, resource.texts("plans"));
        if (resource.texts("unlooked").isEmpty()) {
            resource.objects("ways").stream().filter(way -> way.flag("red")).forEach(next::way);
        } else { // the remaining steps are not known before that
            next.steps.add("find out why its tool cannot list the backups or lacks the one that counted, then run "
                    + next.commands("backup run", ""));
        }
        if (resource.get("last_tried").isPresent()
                && !resource.object("last_tried").flag("restored")) {
            next.steps.add("the backup that was proved last cannot be restored: " + next.commands("backup run", ""));
        }
        if (!resource.texts("moved").isEmpty()) {
            next.steps.add(
                    "check whether the plan saves the intended data; if it does: " + next.commands("backup run", ""));
        }
        if (resource.object("practice").flag("red") && !next.plans.isEmpty()) {
            next.steps.add("rehearse it: " + next.commands("backup rehearse", " --key KEY"));
        }
        if (next.steps.isEmpty() && resource.flag("red")) {
            next.steps.add(
                    "a recovery target is missed: take backups more often, or make restoring faster (docs/backups.md)");
        }
        return next.steps;
    }

    private void way(Json.Members way) {
        boolean misused = way.text("way").equals("credential");
        if (way.get("backup").isPresent()) {
            steps.add(
                    plans.isEmpty()
                            ? "no plan here can prove the backup that would remain: add one (docs/backups.md)"
                            : "prove a younger one: " + commands("backup run", ""));
        } else if (!way.flag("known")) {
            steps.add(
                    misused
                            ? "name the credentials that can delete it: seal `deletable-by` (docs/backups.md)"
                            : "keep one where it is known to survive this (docs/backups.md)");
        } else if (misused && !way.texts("lost").isEmpty()) {
            steps.add("keep one that these cannot delete: " + names(way.texts("lost")) + " (docs/backups.md)");
        } else {
            steps.add(plans.isEmpty() ? "no plan saves it: add one, " + ELSEWHERE : ELSEWHERE);
        }
    }

    private String commands(String command, String option) {
        return names(plans.stream()
                .map(plan -> "interlock " + command + " " + plan + option + again)
                .toList());
    }

    private static String names(List<String> all) {
        return "`" + String.join("`, `", all) + "`";
    }
}
