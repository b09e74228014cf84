package dev.interlock.front.http;

import dev.interlock.gate.ElevationRequests;
import dev.interlock.gate.LeaseDeriver;
import dev.interlock.gate.PlanRequests;
import dev.interlock.gate.UndoRequests;
import dev.interlock.gate.WhoamiRequests;

/** Who answers what agents ask the gateway itself. */
public record GatewayRequests(
        LeaseDeriver deriver,
        ElevationRequests elevator,
        UndoRequests undoer,
        WhoamiRequests whoami,
        PlanRequests planner) {}
