import { Controller, Get, Header, ServiceUnavailableException, UseGuards } from '@nestjs/common';
import { CallRegistry } from './call/call-registry.js';
import { VoiceHealth, type VoiceHealthStatus } from './metrics/voice-health.js';
import { VoiceMetrics } from './metrics/voice-metrics.js';
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from './prometheus.js';
import { LoopbackGuard } from './twilio/loopback.guard.js';

/** What the standalone host tells those who run it. */
@Controller()
export class OperationsController {
  constructor(
    private readonly calls: CallRegistry,
    private readonly voice: VoiceHealth,
    private readonly metrics: VoiceMetrics,
  ) {}

  /** The process lives. */
  @Get('health')
  health(): { status: 'ok'; calls: number } {
    return { status: 'ok', calls: this.calls.size };
  }

  /** Whether another call would be answered; 503 if not. */
  @Get('ready')
  ready(): VoiceHealthStatus {
    const { status } = this.voice;
    if (status.status === 'down') throw new ServiceUnavailableException(status);
    return status;
  }

  /** For a Prometheus on this machine, and for nobody else. */
  @UseGuards(LoopbackGuard)
  @Get('metrics')
  @Header('Content-Type', PROMETHEUS_CONTENT_TYPE)
  all(): string {
    return prometheusText(this.metrics.snapshot());
  }
}
