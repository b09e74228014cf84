package dev.interlock.policy;

import dev.interlock.action.Resource;
import java.util.ArrayList;
import java.util.List;

/** The identifier of an entity, as Cedar and the heads of policies write it. */
record EntityUid(String type, String id) {

    static final String AGENT = "Agent";
    static final String TEAM = "Team";
    static final String ENVIRONMENT = "Environment";
    static final String RESOURCE = "Resource";
    static final String IMPACT = "Impact::Action";
    static final String OPERATION = "Operation::Action";
    static final List<String> TYPES = List.of(AGENT, TEAM, ENVIRONMENT, RESOURCE, IMPACT, OPERATION);

    static EntityUid principal(PolicyRequest asked) {
        return new EntityUid(AGENT, asked.agent().id());
    }

    static List<EntityUid> teams(PolicyRequest asked) {
        List<EntityUid> teams = new ArrayList<>();
        asked.agent().teams().forEach(team -> teams.add(new EntityUid(TEAM, team)));
        return teams;
    }

    static EntityUid action(PolicyRequest asked) {
        return new EntityUid(OPERATION, asked.question().operation().toString());
    }

    static EntityUid impact(PolicyRequest asked) {
        return new EntityUid(IMPACT, asked.question().impact().word());
    }

    static EntityUid resource(PolicyRequest asked) {
        return new EntityUid(RESOURCE, asked.question().placement().resource().toString());
    }

    /** Returns the question's environment and the groups that the resource lies in. */
    static List<EntityUid> places(PolicyRequest asked) {
        List<EntityUid> places = new ArrayList<>();
        places.add(new EntityUid(ENVIRONMENT, asked.question().environment()));
        for (Resource group : asked.question().placement().groups()) {
            places.add(new EntityUid(RESOURCE, group.toString()));
        }
        return places;
    }
}
