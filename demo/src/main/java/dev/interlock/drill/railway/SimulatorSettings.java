package dev.interlock.drill.railway;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The settings of a simulator.
 *
 * @param state its directory, without volumes in it yet
 * @param port 0 for any
 * @param world the description of its world; empty for PocketOS
 * @param names further names in its certificate
 * @param faults armed from the start
 * @param page the most a connection returns at once
 */
public record SimulatorSettings(
        Path state, int port, Optional<Path> world, List<String> names, List<String> faults, int page) {

    /** The default page size: more than any drill's world holds. The original's own limit is not documented. */
    private static final int DEFAULT_PAGE = 500;

    public SimulatorSettings {
        names = List.copyOf(names);
        faults = List.copyOf(faults);
    }

    /** Returns settings for the PocketOS world in {@code state}, on any port. */
    public static SimulatorSettings in(Path state) {
        return new SimulatorSettings(state, 0, Optional.empty(), List.of(), List.of(), DEFAULT_PAGE);
    }

    /** Returns the same with the world that {@code file} describes. */
    public SimulatorSettings with(Path file) {
        return new SimulatorSettings(state, port, Optional.of(file), names, faults, page);
    }

    /** Returns the same with pages of at most {@code limit}. */
    public SimulatorSettings paged(int limit) {
        return new SimulatorSettings(state, port, world, names, faults, limit);
    }

    static SimulatorSettings read(String[] arguments) {
        Path state = null;
        int port = 0;
        int page = DEFAULT_PAGE;
        Optional<Path> world = Optional.empty();
        List<String> names = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            String value = arguments[i + 1];
            switch (arguments[i]) {
                case "--state" -> state = Path.of(value);
                case "--port" -> port = Integer.parseInt(value);
                case "--world" -> world = Optional.of(Path.of(value));
                case "--name" -> names.add(value);
                case "--fault" -> faults.add(value);
                case "--page" -> page = Integer.parseInt(value);
                default -> throw new IllegalArgumentException("`" + arguments[i] + "` is no option");
            }
        }
        if (state == null || arguments.length % 2 != 0) {
            throw new IllegalArgumentException("`--state DIR` is missing, or an option without value");
        }
        return new SimulatorSettings(state, port, world, names, faults, page);
    }
}
