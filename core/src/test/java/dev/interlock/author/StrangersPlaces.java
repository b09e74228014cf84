package dev.interlock.author;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Where a server of MCP and what it holds are, as the people of {@link StrangersCorpus} would say it. */
public final class StrangersPlaces {

    /** What is for others than the team, by server. */
    private static final Map<String, List<String>> OUTSIDE = Map.of(
            "slack", List.of("channel/C0PARTNER1", "channel/#general"),
            "notion", List.of("page/00112233-4455-4677-8899-aabbccddeeff"));

    private StrangersPlaces() {}

    /** Returns the environments of what {@code server} holds, where a call in {@code environment} goes. */
    public static Map<String, String> of(String server, String environment, String... types) {
        Map<String, String> places = new TreeMap<>();
        places.put(server + ":account/self", environment);
        for (String type : types) {
            places.put(server + ":" + type + "/*", environment);
        }
        OUTSIDE.getOrDefault(server, List.of()).forEach(one -> places.put(server + ":" + one, "production"));
        return places;
    }
}
