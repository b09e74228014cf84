package dev.interlock.confirm;

import dev.interlock.action.Action;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The scope of a person's denial: an operation on some resources, however the request is spelled. */
record ActionClass(String operation, Set<String> resources) {

    ActionClass {
        resources = Collections.unmodifiableSet(new TreeSet<>(resources));
    }

    static List<ActionClass> of(ResolvedAttempt sensed) {
        return sensed.actions().stream()
                .filter(action -> sensed.isPureRead() || !action.isPureRead())
                .map(ActionClass::of)
                .distinct()
                .toList();
    }

    private static ActionClass of(Action action) {
        Set<String> resources =
                action.resources().stream().map(Resource::toString).collect(Collectors.toSet());
        return new ActionClass(action.operation().toString(), resources);
    }

    /** As a provider may read them that distinguishes fewer spellings than we do. */
    Set<String> folded() {
        return resources.stream().map(name -> Resource.parse(name).folded()).collect(Collectors.toSet());
    }

    /** Whether it is of the same operation, on some of the same resources. */
    boolean meets(ActionClass other) {
        return operation.equals(other.operation) && !Collections.disjoint(folded(), other.folded());
    }

    Json.Members canonical() {
        return Json.object().with("operation", operation).withTexts("resources", resources);
    }

    static ActionClass read(Json.Members members) {
        return new ActionClass(members.text("operation"), new TreeSet<>(members.texts("resources")));
    }

    @Override
    public String toString() {
        return operation + " on " + String.join(", ", resources);
    }
}
