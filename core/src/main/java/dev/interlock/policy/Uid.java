package dev.interlock.policy;

import dev.interlock.action.Resource;
import java.util.ArrayList;
import java.util.List;

/** The identifier of an entity, as Cedar and the heads of policies write it. */
record Uid(String type, String id) {

    static final String AGENT = "Agent";
    static final String TEAM = "Team";
    static final String ENVIRONMENT = "Environment";
    static final String RESOURCE = "Resource";
    static final String IMPACT = "Impact::Action";
    static final String OPERATION = "Operation::Action";
    static final List<String> TYPES = List.of(AGENT, TEAM, ENVIRONMENT, RESOURCE, IMPACT, OPERATION);

    static Uid principal(Asked asked) {
        return new Uid(AGENT, asked.agent().id());
    }

    static List<Uid> teams(Asked asked) {
        List<Uid> teams = new ArrayList<>();
        asked.agent().teams().forEach(team -> teams.add(new Uid(TEAM, team)));
        return teams;
    }

    static Uid action(Asked asked) {
        return new Uid(OPERATION, asked.question().operation().toString());
    }

    static Uid impact(Asked asked) {
        return new Uid(IMPACT, asked.question().impact().word());
    }

    static Uid resource(Asked asked) {
        return new Uid(RESOURCE, asked.question().placement().resource().toString());
    }

    /** Returns the question's environment and the groups that the resource lies in. */
    static List<Uid> places(Asked asked) {
        List<Uid> places = new ArrayList<>();
        places.add(new Uid(ENVIRONMENT, asked.question().environment()));
        for (Resource group : asked.question().placement().groups()) {
            places.add(new Uid(RESOURCE, group.toString()));
        }
        return places;
    }
}
